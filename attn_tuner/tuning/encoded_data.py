"""Holds the encoded texts of a run, and makes the batches of every trial."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.inputs.class_weights import balanced_weights
from attn_tuner.layers.token_limits import reading_of
from attn_tuner.metrics import kind_of
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.checked_files import read_array, sealed
from attn_tuner.storage.layout import VALIDATION_LABELS, VALIDATION_TEXTS
from attn_tuner.text import Split, TextDataset, Vectorizer
from attn_tuner.text.batches import Batches
from attn_tuner.text.partly_labelled_batches import PartlyLabelledBatches
from attn_tuner.text.subwords import reads_subwords
from attn_tuner.text.token_ids import PADDING
from attn_tuner.text.token_store import TokenStore, encode_parts, open_vectorizer
from attn_tuner.text.word_vectors.read_file import load_vectors
from attn_tuner.text.word_vectors.train import train_vectors
from attn_tuner.training.adversarial import ExtraLosses
from attn_tuner.tuning.fidelity import FULL, RungAllocation

ROLES = ("train", "validation", "test", "unlabelled")
LIMITS = (32, 64, 128, 256, 400)  # Values of max_length; more cost time and gain little.
SHOWN = 2_000  # Validation texts stored as plain text for the report.
FEW_SECONDS = 60.0  # Below this, vectors come from co-occurrence counts, not from skip-grams.
EVALUATION_BATCH = 256  # Texts of a batch for predictions.


@dataclass(frozen=True, eq=False)
class EncodedData:
    """The encoded texts of a run.

    Args:
        stores: dict of role, one of `ROLES`, to `TokenStore`.
        vectorizer: the `Vectorizer` that encoded them.
    """

    stores: dict[str, TokenStore]
    vectorizer: Vectorizer

    @classmethod
    def prepare(
        cls,
        dataset: TextDataset,
        directory: str | PathLike,
        ours: bool = False,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> "EncodedData":
        """Builds the vocabulary and encodes all parts, or opens those of an earlier sitting.

        Args:
            dataset: the texts.
            directory: the folder of the stores.
            ours: bool, whether the folder is known to hold these data, so that a damaged one may
                be written again.
            say: function that receives a sentence about each file that was made again.

        Raises:
            RunError: the folder holds other data, or is damaged and not known to hold these.
        """
        directory = Path(directory)
        try:
            found = cls._opened(dataset, directory)
        except RunError as error:
            if not ours or not directory.is_dir():
                raise
            say(f"The texts are encoded again: {error}")
            shutil.rmtree(directory)
            found = cls._opened(dataset, directory)
        for name in _show(dataset, directory):
            say(f"{directory / name} was damaged or missing and was made again.")
        return found

    @classmethod
    def _opened(cls, dataset: TextDataset, directory: Path) -> "EncodedData":
        if directory.exists():
            vectorizer = open_vectorizer(directory)
        else:
            vectorizer = Vectorizer.build(dataset.train.texts)
        stores = encode_parts(dataset, vectorizer, directory)
        if len(dataset.unlabelled):
            stores["unlabelled"] = _unlabelled(dataset, vectorizer, directory / "unlabelled")
        return cls(stores, vectorizer)

    @classmethod
    def open(cls, directory: str | PathLike) -> "EncodedData":
        """Opens a folder that `prepare` wrote; its arrays are memory-mapped."""
        directory = Path(directory)
        roles = [role for role in ROLES if (directory / role).exists()]
        stores = {role: TokenStore.open(directory / role) for role in roles}
        return cls(stores, open_vectorizer(directory))

    def scale(self) -> tuple[float, float]:
        """Returns mean and standard deviation of numeric training labels; else (0, 1)."""
        labels = self.stores["train"].labels
        if kind_of(labels) != "number":
            return 0.0, 1.0
        return float(labels.mean()), float(labels.std()) or 1.0

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

    def size(self, role: str) -> int:
        """Returns the number of texts of a role; 0 without that role."""
        return len(self.stores[role]) if role in self.stores else 0

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
        sources = [self.stores[role] for role in ("train", "unlabelled") if role in self.stores]
        method = "cooccurrence" if seconds is not None and seconds < FEW_SECONDS else None
        found = train_vectors(
            sources,
            self.vocabulary_size,
            width,
            seed,
            method=method,
            cache=directory,
            seconds=seconds,
        )
        return by_importance(found)

    def vectors_of(self, file: str | PathLike, width: int, seed: int) -> np.ndarray:
        """Reads word vectors from a user's file, columns by importance.

        Args:
            file: path, as in `load_vectors`.
            width: int, size of a vector. Missing columns are drawn at random, with the standard
                deviation of the last column of the file.
            seed: int, for these columns.

        Raises:
            DataError: the file does not hold word vectors.
        """
        vectorizer = self.vectorizer
        found = by_importance(load_vectors(file, vectorizer.vocabulary, vectorizer.split))
        missing = width - found.shape[1]
        if missing <= 0:
            return found
        least = float(found[:, -1].std())
        drawn = np.random.default_rng(seed).normal(0.0, least, (len(found), missing))
        drawn[PADDING] = 0.0
        return np.concatenate([found, drawn.astype("float32")], axis=1)

    def sizes(self) -> dict[str, int]:
        """Returns the number of texts by role."""
        return {role: len(store) for role, store in self.stores.items()}

    def max_lengths(self) -> tuple[int, ...]:
        """Returns three values of max_length; the largest cuts about 1 text in 20, or is 400."""
        usual = np.quantile(self.stores["train"].lengths, 0.95)
        enough = int(np.searchsorted(LIMITS, usual))
        top = min(enough, len(LIMITS) - 1)
        return LIMITS[max(0, top - 2) : top + 1]

    def training(self, values: dict, seed: int, allocation: RungAllocation = FULL) -> Batches:
        """Returns the training batches, in an order that depends only on the seed and the epoch.

        A model that learns from texts without labels gets them in its batches, if there are any.

        Args:
            values: values of the trial, by path.
            seed: int, for the order.
            allocation: the rung's share of the texts.
        """
        store = self.stores["train"]
        return self._shuffled(store, values, seed, allocation.rows(store))

    def everything(self, values: dict, seed: int) -> Batches:
        """Returns the batches of training and validation part together, as `training` does."""
        both = TokenStore.concatenate([self.stores["train"], self.stores["validation"]])
        return self._shuffled(both, values, seed)

    def validation(self, values: dict) -> Batches:
        """Returns the batches of the validation part, in a fixed order."""
        return _batches(self.stores["validation"], values, EVALUATION_BATCH, shuffle=False)

    def test(self, values: dict) -> Batches:
        """Returns the batches of the test part, in a fixed order."""
        return _batches(self.stores["test"], values, EVALUATION_BATCH, shuffle=False)

    def _shuffled(
        self, store: TokenStore, values: dict, seed: int, rows: np.ndarray | None = None
    ) -> Batches:
        weights = store.weights
        if values.get("class_weight") == "balanced":
            weights = balanced_weights(store.labels, int(store.labels.max()) + 1, weights)
        options = {"seed": seed, "rows": rows, "sample_weight": weights}
        size = values["batch_size"]
        if self.size("unlabelled") and ExtraLosses.of(values).read_unlabelled:
            options |= {**reading_of(values), "subwords": reads_subwords(values)}
            return PartlyLabelledBatches(store, self.stores["unlabelled"], size, **options)
        return _batches(store, values, size, **options)


def _batches(store: TokenStore, values: dict, size: int, **options: Any) -> Batches:
    subwords = reads_subwords(values)
    return Batches(store, size, **reading_of(values), subwords=subwords, **options)


def by_importance(vectors: np.ndarray) -> np.ndarray:
    """Rotates vectors `(words, width)` to their principal axes, for models with fewer columns.

    v' = v P,   the columns of P are the principal axes, the largest variance first
    """
    _, _, axes = np.linalg.svd(np.cov(vectors[2:], rowvar=False), hermitian=True)
    return (vectors @ axes.T).astype("float32")


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


def _show(dataset: TextDataset, directory: Path) -> list[str]:
    """Writes validation texts and labels for the report.

    Returns:
        The names of existing files that were damaged or missing and were written again.
    """
    part = dataset.validation
    texts, labels = directory / VALIDATION_TEXTS, directory / VALIDATION_LABELS
    lines = [
        json.dumps({"text": text, "label": _named(label, dataset.classes)}, ensure_ascii=False)
        for text, label in zip(part.texts[:SHOWN], part.labels[:SHOWN], strict=True)
    ]
    wanted = "".join(f"{line}\n" for line in lines).encode("utf-8", errors="replace")
    began, again = texts.exists() or labels.exists(), []
    if not texts.is_file() or texts.read_bytes() != wanted:
        write_whole(texts, lambda path: path.write_bytes(wanted))
        again.append(texts.name)
    given = np.asarray(part.labels)
    try:
        whole = np.array_equal(read_array(labels, given.shape), given)
    except DamagedFile:
        whole = False
    if not whole:
        write_whole(labels, lambda path: sealed(np.save, path, given))
        again.append(labels.name)
    return again if began else []
