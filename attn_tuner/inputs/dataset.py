"""Holds labelled inputs in training, validation and test parts, whatever their kind."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from attn_tuner.errors import DataError
from attn_tuner.tasks import task_of

ROLES = ("train", "validation", "test")
OwnPart = TypeVar("OwnPart", bound="Part")


def is_single_line(name: str) -> bool:
    """Checks that a class name stays on one line wherever lines are split."""
    return len(f"{name}.".splitlines()) == 1


class Part:
    """The base of a part of a data set: a dataclass with its inputs and an array of `labels`.

    Each other field has a value for each input, or is None. `spans` says where in each input that
    stands which decides its label, in the few data of which it is known.
    """

    labels: np.ndarray
    spans: np.ndarray | None = None

    @property
    def inputs(self) -> list:
        """The raw inputs of the part."""
        raise NotImplementedError(f"{type(self).__name__} has no inputs.")

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self: OwnPart, indices: ArrayLike) -> OwnPart:
        """Returns the inputs at `indices`, in that order, with all that belongs to them."""
        chosen = np.asarray(indices, dtype=np.int64)
        own = fields(self)  # type: ignore[arg-type]
        return type(self)(**{each.name: _taken(getattr(self, each.name), chosen) for each in own})

    def counts(self, classes: int) -> np.ndarray:
        """Counts the inputs of each class or label: `(classes,)` int64."""
        if self.labels.ndim == 2:
            return self.labels.sum(axis=0, dtype="int64")
        return np.bincount(self.labels, minlength=classes)


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """The base of a data set: what a search reads of it besides the inputs themselves.

    A subclass names its kind of input in `input`, and has the fields `notes`, a tuple of sentences
    for the user, and `held_out`, the roles that were divided off the training part; and a
    `fingerprint` by which other data are told apart.

    Args:
        name: str, name of the data in messages and reports.
        train: part that models are trained on.
        validation: part that trials are compared on.
        test: part that the best model is measured on, once.
        classes: tuple of str, names of classes or labels by index; empty for a regression.

    Raises:
        DataError: a class name has a line break.
    """

    name: str
    train: Any
    validation: Any
    test: Any
    classes: tuple[str, ...]

    input: ClassVar[str]

    def __post_init__(self):
        broken = next((name for name in self.classes if not is_single_line(name)), None)
        if broken is not None:
            raise DataError(
                f"The class name {broken!r} has a line break. Rename the class: lists of classes "
                "have one name per line."
            )

    @property
    def task(self) -> str:
        """Name of the task, as `tasks.task_named` takes it: "binary", "regression"."""
        return task_of(self.train.labels, self.classes).name

    def parts(self) -> dict[str, Any]:
        """Returns the parts that have inputs, by role."""
        parts = {role: getattr(self, role) for role in ROLES}
        return {role: part for role, part in parts.items() if part is not None and len(part)}

    @property
    def fingerprint(self) -> str:
        """Hash of inputs, labels, weights, classes and division: 16 hex digits."""
        raise NotImplementedError(f"{type(self).__name__} has no fingerprint.")

    def __repr__(self) -> str:
        sizes = ", ".join(f"{role} {len(part):,}" for role, part in self.parts().items())
        answers = f"classes {', '.join(self.classes)}" if self.classes else "numbers"
        return f"{type(self).__name__}({self.name!r}: {sizes}; {answers})"


def _taken(values: Sequence | np.ndarray | None, chosen: np.ndarray) -> Any:
    if values is None:
        return None
    if isinstance(values, np.ndarray):
        return values[chosen]
    return [values[index] for index in chosen]
