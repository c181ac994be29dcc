"""Holds a run's texts as ids: encoded once, handed to every trial as batches."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.layers.token_limits import READING
from attn_tuner.metrics import kind_of
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.checked_files import read_array, sealed
from attn_tuner.storage.layout import VALIDATION_LABELS, VALIDATION_TEXTS
from attn_tuner.text import Split, TextDataset, Vectorizer
from attn_tuner.text.batches import Batches
from attn_tuner.text.class_weights import balanced_weights
from attn_tuner.text.token_ids import PADDING
from attn_tuner.text.token_store import TokenStore, encode_parts, open_vectorizer
from attn_tuner.text.word_vectors.read_file import load_vectors
from attn_tuner.text.word_vectors.train import train_vectors
from attn_tuner.tuning.fidelity import FULL, RungAllocation

ROLES = ("train", "validation", "test", "unlabelled")
LIMITS = (32, 64, 128, 256, 400)  # Tokens a text may keep; more cost time and bring little.
SHOWN = 2_000  # Validation texts kept in clear for the report.
FEW_SECONDS = 60.0  # For skip-grams; counting is quicker.
EVALUATION_BATCH = 256  # Texts in a batch where nothing is learned.


@dataclass(frozen=True, eq=False)
class EncodedData:
    """Hands out the encoded texts of a run.

    Args:
        stores: by role, of `ROLES`.
        vectorizer: that made them.
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
        """Builds the vocabulary and encodes all parts, or opens what an earlier sitting wrote.

        Args:
            dataset: the texts.
            directory: the folder of the stores.
            ours: whether it is known to be of these data, so that it may be written anew where
                something in it is damaged.
            say: called with a sentence on what was made again.

        Raises:
            RunError: the folder is of other data, or damaged and not known to be of these.
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
        """Opens what `prepare` left in the folder, mapped into memory and never copied."""
        directory = Path(directory)
        roles = [role for role in ROLES if (directory / role).exists()]
        stores = {role: TokenStore.open(directory / role) for role in roles}
        return cls(stores, open_vectorizer(directory))

    def scale(self) -> tuple[float, float]:
        """Returns mean and deviation of the training part's numbers; (0, 1) of other labels."""
        labels = self.stores["train"].labels
        if kind_of(labels) != "number":
            return 0.0, 1.0
        return float(labels.mean()), float(labels.std()) or 1.0

    @property
    def vocabulary_size(self) -> int:
        return len(self.vectorizer.vocabulary)

    def size(self, role: str) -> int:
        """Returns the number of texts of a role; 0 where there is none."""
        return len(self.stores[role]) if role in self.stores else 0

    def vectors(
        self, directory: str | PathLike, width: int, seed: int, seconds: float | None
    ) -> np.ndarray:
        """Learns word vectors from the training and unlabelled texts, columns by importance.

        Args:
            directory: keeps them for later sittings.
            width: int, of a vector.
            seed: int, for what is random.
            seconds: float, that learning may take; where these are few, words are counted, which
                is quicker.
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
        """Reads word vectors from a file of the user's, columns by importance.

        Args:
            file: as `load_vectors` takes it.
            width: int, of a vector. Where the file's are narrower, the columns behind are drawn at
                random, as small as the least of them.
            seed: int, for what is random.

        Raises:
            DataError: the file does not read as word vectors.
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
        """Returns three limits worth trying: the largest leaves at most 1 text in 20 to be cut."""
        usual = np.quantile(self.stores["train"].lengths, 0.95)
        enough = int(np.searchsorted(LIMITS, usual))
        top = min(enough, len(LIMITS) - 1)
        return LIMITS[max(0, top - 2) : top + 1]

    def training(self, values: dict, seed: int, allocation: RungAllocation = FULL) -> Batches:
        """Returns the training part, in an order that depends on the seed and the epoch alone.

        Args:
            values: of the trial, by path.
            seed: int, for the order.
            allocation: which of the texts the rung gives.
        """
        store = self.stores["train"]
        return self._shuffled(store, values, seed, allocation.rows(store))

    def everything(self, values: dict, seed: int) -> Batches:
        """Returns the training and the validation part together, likewise."""
        both = TokenStore.concatenate([self.stores["train"], self.stores["validation"]])
        return self._shuffled(both, values, seed)

    def validation(self, values: dict) -> Batches:
        """Returns the validation part, in a stable order."""
        return _batches(self.stores["validation"], values, EVALUATION_BATCH, shuffle=False)

    def test(self, values: dict) -> Batches:
        """Returns the test part, in a stable order."""
        return _batches(self.stores["test"], values, EVALUATION_BATCH, shuffle=False)

    def _shuffled(
        self, store: TokenStore, values: dict, seed: int, rows: np.ndarray | None = None
    ) -> Batches:
        weights = None
        if values.get("class_weight") == "balanced":
            weights = balanced_weights(store.labels, int(store.labels.max()) + 1)
        options = {"seed": seed, "rows": rows, "sample_weight": weights}
        return _batches(store, values, values["batch_size"], **options)


def _batches(store: TokenStore, values: dict, size: int, **options) -> Batches:
    return Batches(store, size, **{name: values[name] for name in READING}, **options)


def by_importance(vectors: np.ndarray) -> np.ndarray:
    """Turns the vectors so that the first columns carry most, for models of less width.

    v' = v P,   the columns of P the principal axes of the vectors
    """
    _, _, axes = np.linalg.svd(np.cov(vectors[2:], rowvar=False), hermitian=True)
    return (vectors @ axes.T).astype("float32")


def _unlabelled(dataset: TextDataset, vectorizer: Vectorizer, directory: Path) -> TokenStore:
    if not directory.exists():
        texts = list(dataset.unlabelled)
        split = Split(texts, np.zeros(len(texts), "int32"))
        TokenStore.encode(split, vectorizer).save(directory)
    return TokenStore.open(directory, check=True)


def _named(label: object, classes: Sequence[str]):
    """Returns a label for JSON: the name of a class, the names of several, or the number."""
    if np.ndim(label):
        return [name for name, there in zip(classes, label, strict=True) if there]
    return classes[label] if classes else float(label)


def _show(dataset: TextDataset, directory: Path) -> list[str]:
    """Writes validation texts in clear beside the stores, for a report to quote.

    Returns:
        The names of files that were there before, or of which one was, and were not as they are.
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
