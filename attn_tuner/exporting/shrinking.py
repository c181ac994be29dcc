"""Smaller artefacts: what to take from the embedding, and what that costs, measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.base import Bundle
from attn_tuner.exporting.compact import ROWS, CompactEmbedding
from attn_tuner.limits import TokenLimits

_LEAST_RANK, _LEAST_WORDS = 4, 100
_WIDTHS = {"float32": 4, "float16": 2, "int8": 1, "int4": 0.5}


@dataclass(frozen=True)
class Shrink:
    """What to do to the embedding, nine tenths of a text model.

    Args:
        rows: numbers of the table: `"float32"`, `"float16"`, or `"int8"` or `"int4"` with a
            scale per row.
        rank: width of a low-rank factorisation of the table; None for none.
        vocabulary: ids kept; the rarer words are read as unknown. None keeps all.

    Rows of ids that the vectorizer never gives are dropped in any case.
    """

    rows: str = "float32"
    rank: int | None = None
    vocabulary: int | None = None

    def __post_init__(self):
        if self.rows not in ROWS:
            raise ExportError(f"rows is {self.rows!r}. It should be one of {', '.join(ROWS)}.")
        if (self.rank is not None and self.rank < 1) or (
            self.vocabulary is not None and self.vocabulary < 3
        ):
            raise ExportError(f"{self}: a rank is at least 1, a vocabulary at least 3 ids.")

    @property
    def words(self) -> str:
        """The same as words of a sentence."""
        parts = [f"{self.rows} rows"]
        parts += [f"rank {self.rank}"] if self.rank else []
        parts += [f"{self.vocabulary:,} ids"] if self.vocabulary else []
        return ", ".join(parts)


def shrunk(bundle: Bundle, shrink: Shrink) -> Bundle:
    """The bundle around a copy of its model with smaller embeddings.

    Raises:
        ExportError: the model has no embedding.
    """
    used = min(len(bundle.used_vocabulary), shrink.vocabulary or len(bundle.used_vocabulary))
    if not embeddings(bundle.model):
        raise ExportError(
            f"The model '{bundle.model.name}' has no Embedding layer, which is what shrinks."
        )

    def smaller(layer):
        config = layer.get_config()
        if type(layer) is keras.layers.Embedding:
            kept = {name: config[name] for name in ("name", "output_dim", "mask_zero", "dtype")}
            rank = shrink.rank if shrink.rank and shrink.rank < layer.output_dim else None
            rows = min(used, layer.input_dim)
            return CompactEmbedding(input_dim=rows, rows=shrink.rows, rank=rank, **kept)
        if isinstance(layer, TokenLimits):
            config["vocabulary_limit"] = min(config["vocabulary_limit"], used)
        return type(layer).from_config(config)

    model = keras.models.clone_model(bundle.model, clone_function=smaller)
    for layer, own in zip(bundle.model.layers, model.layers, strict=True):
        if isinstance(own, CompactEmbedding):
            own.hold(np.asarray(layer.get_weights()[0], "float32")[: own.input_dim])
        else:
            own.set_weights(layer.get_weights())
    return bundle.with_model(model, vocabulary_limit=used)


def embeddings(model: keras.Model) -> list[keras.layers.Embedding]:
    """The layers that can be shrunk."""
    return [layer for layer in model.layers if type(layer) is keras.layers.Embedding]


def ladder(bundle: Bundle, room: float) -> list[Shrink]:
    """Ways to shrink the embeddings to `room` bytes, those that leave more of them first."""
    tables = embeddings(bundle.model)
    words = len(bundle.used_vocabulary)
    width = max((table.output_dim for table in tables), default=1)
    ways = [Shrink(), Shrink("float16")]
    least = min(_LEAST_WORDS, words)
    narrow = [Shrink("int8"), Shrink("int4")]
    narrow += [Shrink("int8", rank) for rank in (width // 2, width // 4) if rank >= _LEAST_RANK]
    for way in narrow:
        spare = room - weight(bundle, replace(way, vocabulary=least))
        each = (weight(bundle, way) - room + spare) / max(words - least, 1)
        most = least + int(spare / max(each, 1))
        counts = [count for count in (most, most // 2) if least <= count < words]
        ways += [way, *(replace(way, vocabulary=count) for count in counts)]
    fitting = [way for way in ways if weight(bundle, way) <= room]
    return sorted(fitting, key=lambda way: -weight(bundle, way))


def weight(bundle: Bundle, way: Shrink) -> float:
    """Bytes of the embeddings after shrinking this way."""
    rows = min(len(bundle.used_vocabulary), way.vocabulary or len(bundle.used_vocabulary))
    total = 0
    for table in embeddings(bundle.model):
        narrow = min(way.rank or table.output_dim, table.output_dim)
        total += min(rows, table.input_dim) * np.ceil(narrow * _WIDTHS[way.rows])
        total += 4 * rows * (way.rows in ("int8", "int4"))
        total += 4 * narrow * table.output_dim * (way.rank is not None)
    return total


def best_that_fits(
    bundle: Bundle,
    room: float,
    texts: Sequence[str],
    expected: np.ndarray,
    labels: Sequence[int] | None = None,
    tries: int = 5,
) -> Iterator[tuple[Bundle, str]]:
    """Shrunk bundles whose embeddings fit, the most faithful first, each with what it costs.

    Args:
        bundle: what to shrink.
        room: bytes that the embeddings may have.
        texts: where the cost is measured.
        expected: (texts, classes) probabilities of the bundle as it is.
        labels: class numbers of the texts, where known.
        tries: how many of the ways that fit are measured, those that leave most first.
    """
    measured = []
    for way in ladder(bundle, room)[:tries]:
        small = shrunk(bundle, way)
        measured.append((*cost(small.predict(texts), expected, labels), small, way))
    measured.sort(key=lambda each: each[0])
    for _, words, small, way in measured:
        yield small, f"Shrunk to fit ({way.words}): {words}"


def cost(given: np.ndarray, expected: np.ndarray, labels=None) -> tuple[float, str]:
    """What a smaller model loses: the mean change of a probability, and the loss in words.

    Few texts tell models of nearly equal accuracy apart by chance alone, their probabilities do
    not; so it is these that say which is more faithful.
    """
    off = float(np.abs(given - expected).mean()) if len(given) else 0.0
    same = float(np.mean(given.argmax(-1) == expected.argmax(-1))) if len(given) else 1.0
    words = (
        f"probabilities change by {off:.4f} on average, {same:.1%} of {len(given)} texts keep "
        "their label"
    )
    if labels is None or not len(given):
        return off, words + "."
    before, after = (
        float(np.mean(each.argmax(-1) == np.asarray(labels))) for each in (expected, given)
    )
    return off, f"{words}; accuracy {before:.4f} before, {after:.4f} after."
