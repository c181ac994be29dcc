"""Texts with their classes, divided into training, validation and test parts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.tasks import task_of

ROLES = ("train", "validation", "test")


def one_line(name: str) -> bool:
    """Whether a class name is one line to whatever reads lines."""
    return len(f"{name}.".splitlines()) == 1


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set.

    Args:
        texts: the texts.
        labels: (texts,) int32, index into the data set's classes; or (texts, labels) uint8, 1
            where a text has a label; or (texts,) float32.
    """

    texts: list[str]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices) -> "Split":
        """The texts at these places, in this order."""
        indices = np.asarray(indices, dtype=np.int64)
        return Split([self.texts[index] for index in indices], self.labels[indices])

    def counts(self, classes: int) -> np.ndarray:
        """(classes,) how many texts each class or label has."""
        if self.labels.ndim == 2:
            return self.labels.sum(axis=0, dtype="int64")
        return np.bincount(self.labels, minlength=classes)


@dataclass(frozen=True, eq=False)
class TextDataset:
    """Labelled texts in parts that share no text with the training part.

    Args:
        name: what the data is called in messages and reports.
        train: what models learn from.
        validation: what they are chosen by.
        test: what the chosen one is measured on, once.
        classes: names of classes or labels by index; none where labels are numbers.
        unlabelled: further texts of the same kind, possibly none.
        notes: what was done to the data on its way in, a sentence each.

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

    def __post_init__(self):
        broken = next((name for name in self.classes if not one_line(name)), None)
        if broken is not None:
            raise DataError(
                f"The class name {broken!r} has a line break. Lists of classes have a name in each "
                "line: give it another name."
            )

    @property
    def task(self) -> str:
        """What kind of answer a model gives, a name of `tasks.TASKS`."""
        return task_of(self.train.labels, len(self.classes)).name

    def parts(self) -> dict[str, Split]:
        """The parts that have texts, by role."""
        parts = {role: getattr(self, role) for role in ROLES}
        return {role: part for role, part in parts.items() if part is not None and len(part)}

    @cached_property
    def fingerprint(self) -> str:
        """The same 16 hex digits for the same texts, labels, classes and division."""
        digest = hashlib.blake2b(repr(self.classes).encode(), digest_size=8)
        for role, part in self.parts().items():
            lengths = np.fromiter(map(len, part.texts), np.int64, len(part))
            digest.update(f"{role} {len(part)}\n".encode())
            digest.update(lengths.tobytes())
            digest.update("".join(part.texts).encode())
            kind = "<f4" if part.labels.dtype.kind == "f" else "<i4"
            digest.update(part.labels.astype(kind).tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        sizes = ", ".join(f"{role} {len(part):,}" for role, part in self.parts().items())
        answers = f"classes {', '.join(self.classes)}" if self.classes else "numbers"
        return f"TextDataset({self.name!r}: {sizes}; {answers})"
