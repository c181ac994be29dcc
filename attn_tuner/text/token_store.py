"""Stores encoded texts on disk, memory-mapped by every trial."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from attn_tuner.errors import RunError
from attn_tuner.inputs.store_arrays import joined_arrays, joined_weights, numbered_groups
from attn_tuner.metrics import kind_of
from attn_tuner.storage.atomic_files import new_folder, write_json, writing
from attn_tuner.storage.checked_files import read_object, reading
from attn_tuner.storage.input_store import EXTRAS, InputStore
from attn_tuner.storage.layout import STORE_FACTS, VECTORIZER
from attn_tuner.storage.stored_arrays import open_arrays
from attn_tuner.text.columns.vectorizer import RowVectorizer
from attn_tuner.text.dataset import Split, TextDataset
from attn_tuner.text.subwords import PartTables
from attn_tuner.text.token_ids import UNKNOWN
from attn_tuner.text.vectorizer import Vectorizer

_FORMAT = 1
_KINDS = {"vocabulary_size": int, "token_length": float}
_ENCODE_AGAIN = "Run the search again with the same data; it encodes the texts again."
_CHARACTERS = 1.5  # With a lower mean token length, most tokens are single characters.


@dataclass(frozen=True, eq=False)
class TokenStore(InputStore):
    """Token ids of the texts of one part, concatenated.

    Args:
        ids: `(tokens,)` int32.
        offsets: `(texts + 1,)` int64; text i is `ids[offsets[i]:offsets[i + 1]]`.
        labels: `(texts,)` int32, `(texts, labels)` uint8 or `(texts,)` float32, as in `Split`.
        vocabulary_size: int, number of ids.
        token_length: float, mean number of characters of a token.
        weights: `(texts,)` float32, weight of each text in training; None for equal weights.
        groups: `(texts,)` int32, number of each text's group within the part; None for no groups.
        times: `(texts,)` float64, time of each text; None for none.
        parts: `(unknown tokens,)` int32, for each token whose id is unknown the id that says its
            parts, in their order; None where they were not encoded.
        find_vectorizer: function that returns the vectorizer; None where it is not known.
        columns: `(texts, columns)` float32, as `ColumnEncoder.read` makes them; None for none.
    """

    ARRAYS = ("ids", "offsets", "labels")
    EXTRAS: ClassVar = {**EXTRAS, "parts": "with_parts", "columns": "with_columns"}
    FORM = (np.int32, 1)

    ids: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray
    vocabulary_size: int
    token_length: float
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    parts: np.ndarray | None = None
    find_vectorizer: Callable[[], Vectorizer] | None = None
    columns: np.ndarray | None = None

    @cached_property
    def tables(self) -> PartTables | None:
        """The parts of the words of the vocabulary; None where they were not encoded."""
        if self.parts is None or self.find_vectorizer is None:
            return None
        return self.find_vectorizer().subwords.tables

    @property
    def by_character(self) -> bool:
        """Whether tokens are mostly single characters, as in Chinese."""
        return self.token_length < _CHARACTERS

    @classmethod
    def encode(cls, split: Split, vectorizer: Vectorizer) -> "TokenStore":
        """Encodes the texts of a part, in memory."""
        ids, offsets = vectorizer.encode(split.texts, subwords=True)
        outside = (ids == UNKNOWN) | (ids >= len(vectorizer))
        parts, ids = ids[outside], np.where(outside, np.int32(UNKNOWN), ids)
        lengths = np.array([len(token) for token in vectorizer.vocabulary])
        known = ids[ids > 1]
        mean = float(lengths[known].mean()) if len(known) else 1.0
        labels = np.asarray(split.labels)
        if kind_of(labels) == "class":
            labels = labels.astype(np.int32)
        beside = (split.weights, numbered_groups(split.groups), split.times)
        find = partial(_same, vectorizer)
        columns = None
        if split.columns is not None and vectorizer.columns is not None:
            columns = vectorizer.columns.read(split.columns)
        return cls(ids, offsets, labels, len(vectorizer), mean, *beside, parts, find, columns)

    @classmethod
    def concatenate(cls, stores: Iterable["TokenStore"]) -> "TokenStore":
        """Joins stores of the same vectorizer into one, in memory, without groups and times."""
        stores = list(stores)
        lengths = np.concatenate([store.lengths for store in stores])
        return cls(
            np.concatenate([store.ids for store in stores]),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            np.concatenate([store.labels for store in stores]),
            stores[0].vocabulary_size,
            stores[0].token_length,
            joined_weights(stores),
            parts=joined_arrays([store.parts for store in stores]),
            find_vectorizer=stores[0].find_vectorizer,
            columns=joined_arrays([store.columns for store in stores]),
        )

    @classmethod
    def open(cls, directory: str | Path, check: bool = False) -> "TokenStore":
        """Opens a store on disk; ids are read when they are used.

        Args:
            directory: path of the folder that `save` wrote.
            check: bool, whether to read all files and verify their checksums.

        Raises:
            RunError: there is no whole store in the folder.
        """
        arrays, sizes = open_arrays(directory, cls.ARRAYS, cls.EXTRAS, _KINDS, check, _ENCODE_AGAIN)
        folder = Path(directory).parent
        find = partial(open_vectorizer, folder) if (folder / VECTORIZER).exists() else None
        store = cls(**arrays, **sizes, find_vectorizer=find)
        with reading(Path(directory) / STORE_FACTS, _ENCODE_AGAIN):
            store.check()
        return store

    def _belong_together(self) -> bool:
        columns, parts = self.columns, self.parts
        return (
            super()._belong_together()
            and (columns is None or columns.shape[:1] == (len(self),))
            and (parts is None or parts.shape == self._outside.shape)
        )

    def _facts(self) -> dict[str, Any]:
        return {"vocabulary_size": self.vocabulary_size, "token_length": self.token_length}

    def at(self, places: np.ndarray, subwords: bool = False) -> np.ndarray:
        """Returns the ids at these places of `ids`.

        Args:
            places: `(n,)` int.
            subwords: bool, whether a word outside the vocabulary has the id that says its parts.
        """
        ids = self.ids[places]
        if subwords and self.parts is not None:
            outside = np.flatnonzero(ids == UNKNOWN)
            ids[outside] = self.parts[np.searchsorted(self._outside, places[outside])]
        return ids

    def take(self, rows: np.ndarray) -> "TokenStore":
        """Returns some of the texts, in memory, without groups and times.

        Args:
            rows: `(n,)` int, their places.
        """
        lengths, starts = self.lengths[rows], np.asarray(self.offsets)[rows]
        ends = np.cumsum(lengths)
        places = np.arange(int(lengths.sum())) + np.repeat(starts - (ends - lengths), lengths)
        ids, parts = np.asarray(self.ids)[places], None
        if self.parts is not None:
            parts = self.at(places, subwords=True)[ids == UNKNOWN]
        return TokenStore(
            ids,
            np.concatenate([[0], ends]).astype(np.int64),
            np.asarray(self.labels)[rows],
            self.vocabulary_size,
            self.token_length,
            None if self.weights is None else np.asarray(self.weights)[rows],
            parts=parts,
            find_vectorizer=self.find_vectorizer,
            columns=None if self.columns is None else np.asarray(self.columns)[rows],
        )

    def keys(self) -> list[bytes]:
        """Returns the ids of each text as bytes; a word outside the vocabulary by its parts.

        Equal texts have equal ones, whatever their case, accents and spaces.
        """
        ids = self.at(np.arange(len(self.ids)), subwords=True)
        return [ids[start:end].tobytes() for start, end in pairwise(self.offsets.tolist())]

    @cached_property
    def _outside(self) -> np.ndarray:
        """Places of the tokens outside the vocabulary."""
        return np.flatnonzero(self.ids == UNKNOWN)

    @property
    def unknown_share(self) -> float:
        """Share of the tokens that are outside the vocabulary."""
        return len(self._outside) / max(1, len(self.ids))


def encode_parts(
    dataset: TextDataset, vectorizer: Vectorizer, directory: str | Path
) -> dict[str, TokenStore]:
    """Encodes all parts into `directory/role`, or opens them if that was done before.

    Raises:
        RunError: the folder cannot be written, or holds other texts or another tokenisation.
    """
    directory = Path(directory)
    key = f"{_FORMAT}-{dataset.fingerprint}-{vectorizer.fingerprint}"
    if not directory.exists():
        _write_all(dataset, vectorizer, directory, key)
    if _key_of(directory) != key:
        raise RunError(
            f"{directory} was written for other data or another tokenisation. "
            "Use another folder, or remove this one."
        )
    return {role: TokenStore.open(directory / role, check=True) for role in dataset.parts()}


def open_vectorizer(directory: str | Path) -> Vectorizer:
    """Loads the vectorizer that encoded the texts in this folder."""
    path = Path(directory) / VECTORIZER
    with reading(path, _ENCODE_AGAIN):
        config = read_object(path, {"vocabulary": list[str], "split": str})
        return (RowVectorizer if "columns" in config else Vectorizer).from_config(config)


def _write_all(dataset: TextDataset, vectorizer: Vectorizer, directory: Path, key: str):
    with writing(directory):
        directory.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(directory, replaces=False) as draft:
        for role, split in dataset.parts().items():
            TokenStore.encode(split, vectorizer).save(draft / role)
        write_json(draft / VECTORIZER, vectorizer.get_config())
        facts = {"key": key, "classes": dataset.classes, "input": dataset.input}
        write_json(draft / STORE_FACTS, facts)


def _same(vectorizer: Vectorizer) -> Vectorizer:
    return vectorizer


def _key_of(directory: Path) -> str | None:
    try:
        return read_object(directory / STORE_FACTS, {"key": str})["key"]
    except RunError:
        return None
