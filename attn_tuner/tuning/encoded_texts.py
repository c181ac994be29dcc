"""Holds the encoded texts of a run: their vocabulary, word vectors and batches."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.inputs.kinds import TEXT
from attn_tuner.layers.token_limits import reading_of
from attn_tuner.model_space import (
    EMBEDDING_INITS,
    NGRAM_DIM,
    REGION_DIM,
    REGION_SIZES,
    default_space,
)
from attn_tuner.space import Choice, SearchSpace
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.layout import VALIDATION_TEXTS
from attn_tuner.text import Split, TextDataset, Vectorizer
from attn_tuner.text.batches import Batches
from attn_tuner.text.ngram_hashing import buckets_for
from attn_tuner.text.partly_labelled_batches import PartlyLabelledBatches
from attn_tuner.text.subwords import TOKENS, WORD, WORD_AND_SUBWORD, reads_subwords
from attn_tuner.text.token_ids import SPECIAL_TOKENS
from attn_tuner.text.token_store import TokenStore, encode_parts, open_vectorizer
from attn_tuner.text.word_vectors.principal_axes import by_importance, with_width
from attn_tuner.text.word_vectors.read_file import load_vectors
from attn_tuner.text.word_vectors.region_vectors import region_vectors
from attn_tuner.text.word_vectors.train import train_vectors
from attn_tuner.training.adversarial import ExtraLosses
from attn_tuner.tuning.encoded_data import ROLES, EncodedData

LIMITS = (32, 64, 128, 256, 400)  # Values of max_length; more cost time and gain little.
SHOWN = 2_000  # Validation texts stored as plain text for the report.
FEW_SECONDS = 60.0  # Below this, vectors come from co-occurrence counts, not from skip-grams.
FEWEST_SECONDS = 15.0  # The same where most texts have no label, so that more is learnt from words.
FEW_LABELS = 10_000  # With more, trials learn more in the time than word vectors do.
MIN_NGRAM_BUCKETS, MAX_NGRAM_BUCKETS = 128, 524_288  # At most 34 MB of vectors.
RARE_WORDS = 0.03  # Share of unknown tokens in validation from which parts of words are first.


@dataclass(frozen=True, eq=False)
class EncodedTexts(EncodedData):
    """The encoded texts of a run.

    Args:
        stores: dict of role, one of `ROLES`, to `TokenStore`.
        vectorizer: the `Vectorizer` that encoded them.
    """

    stores: dict[str, TokenStore]
    vectorizer: Vectorizer

    input: ClassVar[str] = TEXT.name
    batch_class: ClassVar[type[Batches]] = Batches
    preparing: ClassVar[str] = "preparing word vectors"

    @classmethod
    def encode(cls, dataset: TextDataset, directory: Path) -> "EncodedTexts":
        if directory.exists():
            vectorizer = open_vectorizer(directory)
        else:
            vectorizer = cls.build_vectorizer(dataset)
        stores = encode_parts(dataset, vectorizer, directory)
        if len(dataset.unlabelled):
            stores["unlabelled"] = _unlabelled(dataset, vectorizer, directory / "unlabelled")
        return cls(stores, vectorizer)

    @classmethod
    def build_vectorizer(cls, dataset: TextDataset) -> Vectorizer:
        """Learns from the training part, and texts without labels, what converts texts."""
        return Vectorizer.build(dataset.train.texts, further=dataset.unlabelled)

    @classmethod
    def opened(cls, directory: Path) -> "EncodedTexts":
        roles = [role for role in ROLES if (directory / role).exists()]
        stores = {role: TokenStore.open(directory / role) for role in roles}
        return cls(stores, open_vectorizer(directory))

    @property
    def encoder(self) -> Vectorizer:
        return self.vectorizer

    def show(self, dataset: TextDataset, directory: Path) -> Sequence[str]:
        part = dataset.validation
        texts, labels = part.texts[:SHOWN], part.labels[:SHOWN]
        rows = [
            {"text": text, "label": _named(label, dataset.classes)}
            for text, label in zip(texts, labels, strict=True)
        ]
        if part.columns is not None:
            pairs = zip(rows, part.columns, strict=False)
            rows = [{**row, "columns": columns} for row, columns in pairs]
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        wanted = "".join(f"{line}\n" for line in lines).encode("utf-8", errors="replace")
        path = directory / VALIDATION_TEXTS
        if path.is_file() and path.read_bytes() == wanted:
            return ()
        write_whole(path, lambda path: path.write_bytes(wanted))
        return (path.name,)

    def max_lengths(self) -> tuple[int, ...]:
        """Returns three values of max_length; the largest cuts about 1 text in 20, or is 400."""
        usual = np.quantile(self.stores["train"].lengths, 0.95)
        enough = int(np.searchsorted(LIMITS, usual))
        top = min(enough, len(LIMITS) - 1)
        return LIMITS[max(0, top - 2) : top + 1]

    def model_space(self, most_weights: float | None = None) -> SearchSpace:
        """Returns the dimensions of a model of texts.

        Where the number of weights is limited, hashed n-grams have at most half of them, and there
        are no regions, whose word vectors would double the table; nor are there any of characters,
        to which they added nothing.
        """
        train = self.stores["train"]
        buckets = _ngram_buckets(len(train.ids), most_weights)
        regions = most_weights is None and not train.by_character
        space = default_space(
            self.vocabulary_size,
            self.max_lengths(),
            train.by_character,
            ngram_buckets=buckets or 16,
        ).extend(
            embedding_init=Choice(EMBEDDING_INITS),
            embedding_frozen_epochs=Choice((0, 1)),
            region_size=Choice(REGION_SIZES if regions else REGION_SIZES[:1]),
        )
        return space if buckets else space.narrow(hashed_ngrams=[1])

    def further_dimensions(self, most_weights: float | None = None) -> dict[str, Any]:
        """Returns whether models read parts of words, first where many words are unknown."""
        if not self.has_parts or self.stores["train"].by_character:
            return {}
        rare = self.unknown_share > RARE_WORDS and most_weights is None
        return {"tokens": Choice(TOKENS, default=WORD_AND_SUBWORD if rare else WORD)}

    def model_options(self, space: SearchSpace) -> dict[str, Any]:
        # The parts of words only if a model of the space may read them.
        reads = WORD_AND_SUBWORD in getattr(space.get("tokens"), "values", ())
        return {
            "vocabulary_size": self.vocabulary_size,
            "vectors": None,
            "parts": self.vectorizer.subwords.tables if reads else None,
        }

    def batches(
        self, store: TokenStore, values: Mapping, size: int, **options: Any
    ) -> LengthBatches:
        options |= {**reading_of(values), "subwords": reads_subwords(values)}
        return self.batch_class(store, size, **options)

    def shuffled(
        self, store: TokenStore, values: dict, seed: int, rows: np.ndarray | None = None
    ) -> LengthBatches:
        """Returns batches for training.

        A model that learns from texts without labels gets them in its batches, if there are any.
        """
        if not self.size("unlabelled") or not ExtraLosses.of(values).read_unlabelled:
            return super().shuffled(store, values, seed, rows)
        options = {"seed": seed, "rows": rows, "sample_weight": self.sample_weights(store, values)}
        options |= {**reading_of(values), "subwords": reads_subwords(values)}
        others = self.stores["unlabelled"]
        return PartlyLabelledBatches(store, others, values["batch_size"], **options)

    @property
    def vocabulary_size(self) -> int:
        return len(self.vectorizer.vocabulary)

    @property
    def has_parts(self) -> bool:
        """Whether words outside the vocabulary were encoded with their parts."""
        return all(store.parts is not None for store in self.stores.values())

    @property
    def unknown_share(self) -> float:
        """Share of the tokens of the validation part that are outside the vocabulary."""
        return self.stores["validation"].unknown_share

    @property
    def few_labels(self) -> bool:
        """Whether fewer than `FEW_LABELS` texts have a label to learn, and more have none."""
        return self.size("train") < min(FEW_LABELS, self.size("unlabelled"))

    def vectors(
        self, directory: str | PathLike, width: int, seed: int, seconds: float | None
    ) -> np.ndarray:
        """Trains word vectors on the training and unlabelled texts, columns by importance.

        Args:
            directory: folder that caches them for later sittings.
            width: int, size of a vector.
            seed: int.
            seconds: float, time limit; a short one uses co-occurrence counts, which are faster.
        """
        sources = self._learnt_from()
        least = FEWEST_SECONDS if self.few_labels else FEW_SECONDS
        method = "cooccurrence" if seconds is not None and seconds < least else None
        found = train_vectors(
            sources,
            self.vocabulary_size,
            width,
            seed,
            method=method,
            cache=directory,
            seconds=seconds,
        )
        return by_importance(found)[0]

    def region_vectors(
        self, directory: str | PathLike, region_size: int, seed: int, seconds: float | None
    ) -> np.ndarray | None:
        """Learns the word vectors of regions from the training and unlabelled texts.

        Args:
            directory: folder that caches them for later sittings.
            region_size: int, tokens in a region.
            seed: int.
            seconds: float, time limit.

        Returns:
            `(words, REGION_DIM)`; None where there are few texts, or that time is too short.
        """
        return region_vectors(
            self._learnt_from(),
            self.vocabulary_size,
            REGION_DIM,
            region_size,
            seed,
            cache=directory,
            seconds=seconds,
        )

    def _learnt_from(self) -> list[TokenStore]:
        """The stores from which word vectors are learnt."""
        return [self.stores[role] for role in ("train", "unlabelled") if role in self.stores]

    def vectors_of(
        self, file: str | PathLike, width: int, seed: int, say: Callable[[str], None]
    ) -> np.ndarray:
        """Reads word vectors from a user's file, columns by importance.

        Args:
            file: path, as in `load_vectors`.
            width: int, size of a vector.
            seed: int, for columns that the file lacks.
            say: is told how many words have a vector, and the share of the variance that is kept.

        Raises:
            DataError: the file does not hold word vectors.
            MissingExtra: a package that reads it is not installed.
        """
        vectorizer = self.vectorizer
        read = load_vectors(file, vectorizer.vocabulary, vectorizer.split)
        vectors, kept = with_width(read, width, seed)
        words, columns = len(vectorizer.vocabulary) - len(SPECIAL_TOKENS), read.table.shape[1]
        said = f"{len(read.found):,} of {words:,} words have a vector in {file}"
        if columns > width:
            said += f"; {width} of {columns} columns keep {kept:.0%} of their variance"
        say(f"{said}.")
        return vectors


def _unlabelled(dataset: TextDataset, vectorizer: Vectorizer, directory: Path) -> TokenStore:
    if not directory.exists():
        texts = list(dataset.unlabelled)
        split = Split(texts, np.zeros(len(texts), "int32"))
        TokenStore.encode(split, vectorizer).save(directory)
    return TokenStore.open(directory, check=True)


def _named(label: Any, classes: Sequence[str]) -> str | list[str] | float:
    """Returns a label for JSON: a class name, a list of them, or a number."""
    if np.ndim(label):
        return [name for name, there in zip(classes, label, strict=True) if there]
    return classes[label] if classes else float(label)


def _ngram_buckets(tokens: int, most_weights: float | None) -> int:
    """Returns the rows of the table of hashed n-grams; 0 where too few would be left.

    Args:
        tokens: number of tokens of the training texts.
        most_weights: number of weights that a model may have; None for any.
    """
    buckets = min(buckets_for(tokens), MAX_NGRAM_BUCKETS)
    if most_weights is not None:
        room = int(most_weights / 2 / NGRAM_DIM)
        buckets = min(buckets, 1 << max(room.bit_length() - 1, 0))
    return buckets if buckets >= MIN_NGRAM_BUCKETS else 0
