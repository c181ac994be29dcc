"""Checks that a data set can be learned from."""

import numbers
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.tasks import Task
from attn_tuner.text.dataset import Split
from attn_tuner.text.labels import check_every_label

NEEDED = 3  # Texts of a class, one for each part.
_NAMED = 5  # Classes that a sentence names.
_MIN_QUANTITIES = 10  # Fewer numbers may well be classes.
_WHOLE = re.compile(r"[+-]?\d+")


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


def check_classes(name: str, train: Split, classes: Sequence[str], task: Task) -> list[str]:
    """Returns a sentence on classes with few texts, if there are any.

    Raises:
        DataError: training has fewer than two classes, or one text of a class.
    """
    if task.kind != "class":
        check_each_class_is_left(name, train, classes, task)
        return []
    if len(classes) < 2:
        only = f" ('{classes[0]}')" if classes else ""
        raise DataError(f"{name} has one class only{only}. A classifier needs at least two.")
    counts = train.counts(len(classes))
    if len(train) and counts.max() == len(train):
        only = classes[int(counts.argmax())]
        raise DataError(f"{name} has one class only ('{only}'). A classifier needs at least two.")
    if _are_quantities(classes, len(train)):
        raise DataError(
            f"The labels of {name} are whole numbers, {len(classes):,} different ones in "
            f"{len(train):,} rows. If they are quantities, give task='regression'."
        )
    said = few_texts_note(name, counts, classes)
    if (counts == 1).any():
        raise DataError(said)
    check_each_class_is_left(name, train, classes, task)
    return [said] if said else []


def few_texts_note(name: str, counts: np.ndarray, classes: Sequence[str]) -> str:
    """Writes one sentence on all classes with fewer texts than parts need; "" if there is none."""
    few = [int(index) for index in np.flatnonzero((counts > 0) & (counts < NEEDED))]
    if not few:
        return ""
    shown = ", ".join(f"'{classes[index]}' {counts[index]}" for index in few[:_NAMED])
    more = f" and {len(few) - _NAMED} more" if few[_NAMED:] else ""
    plural = "classes" if few[1:] else "class"
    verb = "have" if few[1:] else "has"
    return (
        f"{len(few)} {plural} of {name} {verb} fewer than {NEEDED} texts ({shown}{more}); "
        "training, validation and test need one each. Add texts, leave such classes out with "
        f"min_per_class={NEEDED}, or make them one class with rare_classes='other' as well."
    )


def _are_quantities(classes: Sequence[str], rows: int) -> bool:
    """Checks for whole numbers of which most occur once, as no classes do."""
    whole = len(classes) >= _MIN_QUANTITIES and all(map(_WHOLE.fullmatch, classes))
    return whole and 2 * len(classes) > rows


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
