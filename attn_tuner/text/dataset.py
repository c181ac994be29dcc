"""Texts with their classes, divided into training, validation and test parts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

ROLES = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set.

    Args:
        texts: the texts.
        labels: (texts,) int32, index into the data set's classes.
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
        """(classes,) how many texts each class has."""
        return np.bincount(self.labels, minlength=classes)


@dataclass(frozen=True, eq=False)
class TextDataset:
    """Labelled texts in parts that share no text with the training part.

    Args:
        name: what the data is called in messages and reports.
        train: what models learn from.
        validation: what they are chosen by.
        test: what the chosen one is measured on, once.
        classes: class names by index.
        unlabelled: further texts of the same kind, possibly none.
        notes: what was done to the data on its way in, a sentence each.
    """

    name: str
    train: Split
    validation: Split | None
    test: Split | None
    classes: tuple[str, ...]
    unlabelled: Sequence[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """What kind of answer a model gives: "binary" or "multiclass"."""
        return "binary" if len(self.classes) == 2 else "multiclass"

    def parts(self) -> dict[str, Split]:
        """The parts that are there, by role."""
        parts = {role: getattr(self, role) for role in ROLES}
        return {role: part for role, part in parts.items() if part is not None}

    @cached_property
    def fingerprint(self) -> str:
        """The same 16 hex digits for the same texts, labels, classes and division."""
        digest = hashlib.blake2b(repr(self.classes).encode(), digest_size=8)
        for role, part in self.parts().items():
            lengths = np.fromiter(map(len, part.texts), np.int64, len(part))
            digest.update(f"{role} {len(part)}\n".encode())
            digest.update(lengths.tobytes())
            digest.update("".join(part.texts).encode())
            digest.update(part.labels.astype("<i4").tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        sizes = ", ".join(f"{role} {len(part):,}" for role, part in self.parts().items())
        return f"TextDataset({self.name!r}: {sizes}; classes {', '.join(self.classes)})"
