"""Encoded texts on disk: written once per tokenisation, mapped into memory by every trial."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from attn_tuner.errors import RunError
from attn_tuner.metrics import kind_of
from attn_tuner.storage.atomic_files import new_folder, write_json, write_whole, writing
from attn_tuner.storage.checked_files import check_seal, read_object, reading, sealed
from attn_tuner.storage.layout import STORE_FACTS, VECTORIZER, store_array
from attn_tuner.text.dataset import Split, TextDataset
from attn_tuner.text.vectorizer import Vectorizer

_FORMAT = 1
_ARRAYS = ("ids", "offsets", "labels")
_KINDS = {"vocabulary_size": int, "token_length": float}
_ENCODE_AGAIN = "Search again with the same data: the texts are encoded again then."
_CHARACTERS = 1.5  # Mean length of a token, up to which most are single characters.


@dataclass(frozen=True, eq=False)
class TokenStore:
    """The ids of one part's texts, one behind the other.

    Args:
        ids: (tokens,) int32.
        offsets: (texts + 1,) int64; text i is `ids[offsets[i]:offsets[i + 1]]`.
        labels: (texts,) int32, (texts, labels) uint8 or (texts,) float32, as in `Split`.
        vocabulary_size: ids are below it.
        token_length: mean number of characters of a token; 1 where every character is one.
    """

    ids: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray
    vocabulary_size: int
    token_length: float

    @property
    def by_character(self) -> bool:
        """Whether tokens are mostly single characters, as where words are not separated."""
        return self.token_length < _CHARACTERS

    @classmethod
    def encode(cls, split: Split, vectorizer: Vectorizer) -> "TokenStore":
        """The store of a part, in memory."""
        ids, offsets = vectorizer.encode(split.texts)
        lengths = np.array([len(token) for token in vectorizer.vocabulary])
        known = ids[ids > 1]
        mean = float(lengths[known].mean()) if len(known) else 1.0
        labels = np.asarray(split.labels)
        if kind_of(labels) == "class":
            labels = labels.astype(np.int32)
        return cls(ids, offsets, labels, len(vectorizer), mean)

    @classmethod
    def joined(cls, stores) -> "TokenStore":
        """The texts of several stores of one vectorizer, in memory."""
        stores = list(stores)
        lengths = np.concatenate([store.lengths for store in stores])
        return cls(
            np.concatenate([store.ids for store in stores]),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            np.concatenate([store.labels for store in stores]),
            stores[0].vocabulary_size,
            stores[0].token_length,
        )

    @classmethod
    def open(cls, directory, check: bool = False) -> "TokenStore":
        """A store on disk; nothing is read before it is needed.

        Args:
            directory: what `save` wrote.
            check: whether to read all of it and see that no byte has changed.

        Raises:
            RunError: there is no whole store in the folder.
        """
        directory = Path(directory)
        facts = read_object(directory / STORE_FACTS, _KINDS, _ENCODE_AGAIN)
        arrays = []
        for name in _ARRAYS:
            path = directory / store_array(name)
            with reading(path, _ENCODE_AGAIN):
                if check:
                    check_seal(path)
                arrays.append(np.load(path, mmap_mode="r" if name == "ids" else None))
        store = cls(*arrays, facts["vocabulary_size"], facts["token_length"])
        with reading(directory / STORE_FACTS, _ENCODE_AGAIN):
            store.check()
        return store

    def check(self):
        """Raises ValueError where the arrays do not fit each other."""
        if (
            self.ids.dtype != np.int32
            or self.offsets.dtype != np.int64
            or self.ids.ndim != 1
            or self.offsets.shape != (len(self.labels) + 1,)
            or self.labels.dtype.kind not in "iuf"
            or self.offsets[0] != 0
            or self.offsets[-1] != len(self.ids)
            or (np.diff(self.offsets) < 0).any()
        ):
            raise ValueError("the ids, offsets and labels beside it do not fit each other")

    def save(self, directory):
        """Writes the store into a new folder, whole or not at all."""
        facts = {"vocabulary_size": self.vocabulary_size, "token_length": self.token_length}
        with new_folder(directory, replaces=False) as draft:
            for name in _ARRAYS:
                array = getattr(self, name)
                write_whole(draft / store_array(name), partial(_save_sealed, array=array))
            write_json(draft / STORE_FACTS, facts)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> np.ndarray:
        """The ids of one text."""
        return self.ids[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """(texts,) tokens of each text."""
        return np.diff(self.offsets)

    def fraction(self, share: float, seed: int = 0) -> np.ndarray:
        """Which texts make up this share, class by class where there are any, in rising order.

        With one seed a smaller share is part of every larger one, so that a model which has seen
        a tenth goes on with texts it knows when it is given a half.
        """
        random = np.random.default_rng(seed)
        alike = kind_of(self.labels) != "class"
        strata = np.zeros(len(self), np.int32) if alike else self.labels
        chosen = []
        for label in range(int(strata.max(initial=-1)) + 1):
            members = random.permutation(np.flatnonzero(strata == label))
            chosen.append(members[: max(1, round(share * len(members)))])
        return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)


def encode_parts(dataset: TextDataset, vectorizer: Vectorizer, directory) -> dict[str, TokenStore]:
    """The stores of all parts by role, in `directory/role`; encoded only the first time.

    Raises:
        RunError: the folder cannot be written, or holds other texts or another tokenisation.
    """
    directory = Path(directory)
    key = f"{_FORMAT}-{dataset.fingerprint}-{vectorizer.fingerprint}"
    if not directory.exists():
        _write_all(dataset, vectorizer, directory, key)
    if _key_of(directory) != key:
        raise RunError(
            f"{directory} holds texts of other data or of another tokenisation. "
            "Use another folder, or remove this one."
        )
    return {role: TokenStore.open(directory / role, check=True) for role in dataset.parts()}


def open_vectorizer(directory) -> Vectorizer:
    """The vectorizer by which the texts in this folder were encoded."""
    path = Path(directory) / VECTORIZER
    with reading(path, _ENCODE_AGAIN):
        config = read_object(path, {"vocabulary": list[str], "split": str})
        return Vectorizer.from_config(config)


def _write_all(dataset, vectorizer, directory: Path, key: str):
    with writing(directory):
        directory.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(directory, replaces=False) as draft:
        for role, split in dataset.parts().items():
            TokenStore.encode(split, vectorizer).save(draft / role)
        write_json(draft / VECTORIZER, vectorizer.get_config())
        write_json(draft / STORE_FACTS, {"key": key, "classes": dataset.classes})


def _key_of(directory: Path) -> str | None:
    try:
        return read_object(directory / STORE_FACTS, {"key": str})["key"]
    except RunError:
        return None


def _save_sealed(path: Path, array: np.ndarray):
    sealed(np.save, path, array)
