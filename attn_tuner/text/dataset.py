"""Holds texts with their labels in training, validation and test parts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from attn_tuner.errors import DataError
from attn_tuner.tasks import task_of

ROLES = ("train", "validation", "test")


def is_single_line(name: str) -> bool:
    """Checks that a class name stays on one line wherever lines are split."""
    return len(f"{name}.".splitlines()) == 1


@dataclass(frozen=True, eq=False)
class Split:
    """Texts of one part of a data set, with their labels.

    Args:
        texts: list of str.
        labels: `(texts,)` int32, index into the classes of the data set; `(texts, labels)` uint8, 1
            where a text has the label; or `(texts,)` float32.
        weights: `(texts,)` float32, weight of each text in training; None for equal weights.
        groups: `(texts,)` str; texts of one group stay in one part. None for no groups.
        times: `(texts,)` float64; later texts are held out. None for a random division.
        rows: `(texts,)` int64, where in its part of the source each text stands, the first 0. None
            where the texts came from no source.
    """

    texts: list[str]
    labels: np.ndarray
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    rows: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: ArrayLike) -> "Split":
        """Returns the texts at `indices`, in that order."""
        indices = np.asarray(indices, dtype=np.int64)
        beside = (
            None if each is None else each[indices]
            for each in (self.weights, self.groups, self.times, self.rows)
        )
        return Split([self.texts[index] for index in indices], self.labels[indices], *beside)

    def counts(self, classes: int) -> np.ndarray:
        """Counts the texts of each class or label: `(classes,)` int64."""
        if self.labels.ndim == 2:
            return self.labels.sum(axis=0, dtype="int64")
        return np.bincount(self.labels, minlength=classes)


@dataclass(frozen=True, eq=False)
class TextDataset:
    """Labelled texts, divided so that no training text is in another part.

    Args:
        name: str, name of the data in messages and reports.
        train: `Split` that models are trained on.
        validation: `Split` that trials are compared on.
        test: `Split` that the best model is measured on, once.
        classes: tuple of str, names of classes or labels by index; empty for a regression.
        unlabelled: sequence of str, further texts of the same kind; may be empty.
        notes: tuple of str, sentences on what was changed while loading.
        held_out: tuple of str, the roles whose texts were divided off the source's training part.

    Raises:
        DataError: a class name has a line break.
    """

    name: str
    train: Split
    validation: Split | None
    test: Split | None
    classes: tuple[str, ...]
    unlabelled: Sequence[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()

    def __post_init__(self):
        broken = next((name for name in self.classes if not is_single_line(name)), None)
        if broken is not None:
            raise DataError(
                f"The class name {broken!r} has a line break. Rename the class: lists of classes "
                "have one name per line."
            )

    @property
    def task(self) -> str:
        """Name of the task in `tasks.TASKS`, such as "binary" or "regression"."""
        return task_of(self.train.labels, len(self.classes)).name

    def parts(self) -> dict[str, Split]:
        """Returns the parts that have texts, by role."""
        parts = {role: getattr(self, role) for role in ROLES}
        return {role: part for role, part in parts.items() if part is not None and len(part)}

    @cached_property
    def fingerprint(self) -> str:
        """Hash of texts, labels, weights, classes and division: 16 hex digits."""
        digest = hashlib.blake2b(repr(self.classes).encode(), digest_size=8)
        for role, part in self.parts().items():
            lengths = np.fromiter(map(len, part.texts), np.int64, len(part))
            digest.update(f"{role} {len(part)}\n".encode())
            digest.update(lengths.tobytes())
            digest.update("".join(part.texts).encode())
            kind = "<f4" if part.labels.dtype.kind == "f" else "<i4"
            digest.update(part.labels.astype(kind).tobytes())
            if part.weights is not None:
                digest.update(b"weights" + part.weights.astype("<f4").tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        sizes = ", ".join(f"{role} {len(part):,}" for role, part in self.parts().items())
        answers = f"classes {', '.join(self.classes)}" if self.classes else "numbers"
        return f"TextDataset({self.name!r}: {sizes}; {answers})"
