"""The default search space of a model."""

from collections.abc import Mapping, Sequence
from typing import Any

from attn_tuner.attention import heads
from attn_tuner.encoding import encoders
from attn_tuner.inputs.truncation import TRUNCATIONS
from attn_tuner.space import Choice, Float, Int, Part, SearchSpace

VOCABULARY_SIZES = (5_000, 10_000, 20_000, 30_000, 50_000)
MAX_LENGTHS = (64, 128, 256, 400)
HEADS = (
    "additive",
    "feedforward",
    "gated",
    "global",
    "last",
    "local",
    "local_p",
    "luong_general",
    "max",
    "mean",
    "pooling",
    "structured",
)
NO_SECOND_HEAD = "none"
SECOND_HEADS = (NO_SECOND_HEAD, "additive", "feedforward", "gated", "last", "local")
ENCODERS = ("bigru", "bilstm", "gru", "lstm", "none")
PHRASES = "ngrams"
EMBEDDING_INITS = ("word_vectors", "random")
REGION_SIZES = (0, 5)  # Tokens; 0 for no regions.
REGION_DIM = 128  # Columns of the word vectors that regions add up.
NGRAM_BUCKETS = 131_072
NGRAM_DIM = 16  # Of one size, tables with more rows and fewer columns learn more.


def default_space(
    vocabulary_size: int | None = 20_000,
    max_lengths: Sequence[int] = MAX_LENGTHS,
    phrases: bool = False,
    ngram_buckets: int = NGRAM_BUCKETS,
) -> SearchSpace:
    """Returns the default space of `AttentionHyperModel`; its defaults make one good model.

    Args:
        vocabulary_size: ids in the data, padding and unknown included; None for numeric
            sequences, which have none of the dimensions of text.
        max_lengths: the choices for `max_length`, in tokens.
        phrases: whether the encoder may begin with a convolution over n-grams; for tokens that
            are shorter than words.
        ngram_buckets: the greatest number of rows of the table of hashed n-grams, from 16.
    """
    among = (*ENCODERS, PHRASES) if phrases else ENCODERS
    is_text = vocabulary_size is not None
    text = _text_space(vocabulary_size, max_lengths) if is_text else {}
    ngrams = _ngram_space(ngram_buckets) if is_text else {}
    return SearchSpace(
        **text,
        embedding_dim=Int(32, 128, step=32, default=64),
        spatial_dropout=Float(0.0, 0.5, step=0.1, default=0.2),
        encoder=Part(encoders, among=among, default="bigru"),
        encoder_dropout=Float(0.0, 0.5, step=0.1, default=0.0),
        layer_norm=Choice((False, True)),
        head=Part(heads, among=HEADS, default="additive"),
        second_head=Choice(SECOND_HEADS),
        **ngrams,
        dense_layers=Int(0, 2, default=0),
        dense_units=Choice((32, 64, 128), default=64),
        dropout=Float(0.0, 0.5, step=0.1, default=0.2),
        learning_rate=Float(3e-4, 1e-2, log=True, default=2e-3),
        weight_decay=Float(1e-6, 1e-1, log=True, default=1e-3),
        batch_size=Choice((32, 64, 128), default=64),
    )


def series_space(
    max_lengths: Sequence[int] = MAX_LENGTHS, downsampling: Sequence[int] = (1,)
) -> SearchSpace:
    """Returns the space of a model of raw series, which a convolution over steps may read first.

    Args:
        max_lengths: the choices for `max_length`, in steps that the encoder reads.
        downsampling: the choices for how many steps are averaged to one; the first is the default.
    """
    return SearchSpace(
        max_length=Choice(max_lengths, default=max(max_lengths)),
        truncation=Choice(TRUNCATIONS, default="ends"),
        **{**preparation_of_series(), "downsampling": Choice(downsampling)},
        **dict(default_space(None, phrases=True)),
    )


def preparation_of_series() -> dict[str, Choice]:
    """Returns the dimensions of what is done to scaled series, held at nothing."""
    return {
        "downsampling": Choice((1,)),
        "clip": Choice((0.0,)),
        "differences": Choice((False,)),
        "jitter": Choice((0.0,)),
        "random_scaling": Choice((0.0,)),
        "time_warp": Choice((0.0,)),
        "window_slice": Choice((0.0,)),
    }


def without_effect(values: Mapping[str, Any]) -> set[str]:
    """Names the dimensions of the default space that, beside the others' values, change nothing.

    Args:
        values: dict of name to value.
    """
    others = {
        "dense_units": values.get("dense_layers") == 0,
        "ngram_buckets": values.get("hashed_ngrams") == 1,
        "adversarial_norm": values.get("adversarial_weight") == 0.0,
        "embedding_frozen_epochs": values.get("embedding_init") == "random",
    }
    return {name for name, idle in others.items() if idle}


def _text_space(vocabulary_size: int, max_lengths: Sequence[int]) -> dict[str, Choice | Float]:
    limits = [limit for limit in VOCABULARY_SIZES if limit < vocabulary_size]
    return {
        "vocabulary_size": Choice([*limits, vocabulary_size], default=vocabulary_size),
        "max_length": Choice(max_lengths, default=max(max_lengths)),
        "truncation": Choice(TRUNCATIONS, default="ends"),
        "word_dropout": Float(0.0, 0.2, step=0.05, default=0.0),
    }


def _ngram_space(buckets: int) -> dict[str, Choice]:
    return {
        "hashed_ngrams": Choice((1, 2, 3)),
        "ngram_buckets": Choice((buckets // 8, buckets), default=buckets),
    }
