"""Checks that a data set can be learned from."""

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.tasks import Task
from attn_tuner.text.dataset import Split
from attn_tuner.text.labels import check_every_label


def check_fraction(role: str, fraction: float) -> float:
    """Returns the fraction of a part if it lies between 0 and 1, else raises DataError."""
    if not 0 < fraction < 1:
        raise DataError(f"The fraction for {role} is {fraction}. It should lie between 0 and 1.")
    return fraction


def check_seed(seed: Any) -> None:
    """Raises DataError if NumPy does not accept the seed."""
    whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool | np.bool_)
    if not whole or seed < 0:
        raise DataError(f"The seed is {seed!r}. It should be a whole number from 0 up.")


def check_classes(name: str, train: Split, classes: Sequence[str], task: Task) -> None:
    """Raises DataError if training has fewer than two classes, or one text of a class."""
    if task.kind != "class":
        check_each_class_is_left(name, train, classes, task)
        return
    if len(classes) < 2:
        only = f" ('{classes[0]}')" if classes else ""
        raise DataError(f"{name} has one class only{only}. A classifier needs at least two.")
    counts = train.counts(len(classes))
    if len(train) and counts.max() == len(train):
        only = classes[int(counts.argmax())]
        raise DataError(f"{name} has one class only ('{only}'). A classifier needs at least two.")
    single = [classes[index] for index in np.flatnonzero(counts == 1)]
    if single:
        shown = ", ".join(f"'{each}'" for each in single[:5]) + (", ..." if single[5:] else "")
        plural = "Classes" if single[1:] else "Class"
        verb = "have" if single[1:] else "has"
        raise DataError(
            f"{plural} {shown} of {name} {verb} only one example. Training and testing need "
            "two. Add examples, merge the class with another, or leave it out."
        )
    check_each_class_is_left(name, train, classes, task)


def check_each_class_is_left(name: str, train: Split, classes: Sequence[str], task: Task) -> None:
    """Raises DataError if a class has no training text, or all numbers are equal."""
    if task.kind == "labels":
        check_every_label(name, train.labels, classes)
        return
    if task.kind == "number":
        if len(np.unique(train.labels)) < 2:
            raise DataError(
                f"All training texts of {name} have the same number. There is nothing to learn."
            )
        return
    absent = [classes[index] for index in np.flatnonzero(train.counts(len(classes)) == 0)]
    if absent:
        raise DataError(
            f"No training text of {name} is left for the classes {', '.join(absent)} after texts "
            "that are also in another part were removed. Give other test or validation data."
        )
