"""Divides data sets so that no group stands on both sides, or so that later texts are held out."""

import math

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.metrics import kind_of
from attn_tuner.text.dataset import Split

_DRAWS = 30  # Divisions of which the one nearest to the wanted fraction is taken.


def hold_out_groups(
    part: Split, fraction: float, seed: int, classes: int, name: str
) -> tuple[Split, Split]:
    """Divides a part into (remaining, held out) with each group on one side.

    Of several divisions by scikit-learn's `GroupShuffleSplit` the one is taken that leaves every
    class in the remaining part, if there is one, and comes nearest to the fraction of each class.

    Args:
        part: `Split` with groups.
        fraction: float in (0, 1), share of the groups to hold out.
        seed: int; the same seed gives the same division.
        classes: int, number of classes.
        name: str, name of the data in messages.

    Raises:
        DataError: there are fewer than two groups.
    """
    from sklearn.model_selection import GroupShuffleSplit  # It takes a second to import.

    groups = part.groups
    count = 0 if groups is None else len(np.unique(groups))
    if count < 2:
        raise DataError(
            f"{name} has too few groups to divide: each part needs groups of its own. Give data "
            "with more groups, or leave group= out."
        )
    shares = _class_rows(part, classes)
    wanted = min(math.ceil(fraction * count), count - 1)  # As it rounds; one group remains.
    drawn = GroupShuffleSplit(_DRAWS, test_size=wanted, random_state=seed)
    best, rows = np.inf, None
    for _, held in drawn.split(part.texts, groups=groups):
        share = shares[held].sum(axis=0) / np.maximum(shares.sum(axis=0), 1)
        emptied = int(((share == 1) & (shares.sum(axis=0) > 0)).sum())
        distance = 10 * emptied + float(np.abs(share - fraction).max())
        if distance < best:
            best, rows = distance, held
    inside = np.zeros(len(part), bool)
    inside[rows] = True
    return part.take(np.flatnonzero(~inside)), part.take(np.flatnonzero(inside))


def hold_out_latest(part: Split, fraction: float, name: str) -> tuple[Split, Split]:
    """Divides a part into (remaining, held out) so that everything held out is later.

    Args:
        part: `Split` with times.
        fraction: float in (0, 1), share of the texts to hold out; texts of one time stay together.
        name: str, name of the data in messages.

    Raises:
        DataError: all texts have the same time.
    """
    times = np.asarray(part.times)
    moments, counts = np.unique(times, return_counts=True)
    if len(moments) < 2:
        raise DataError(
            f"All texts of {name} that are left to divide have the same time. Give data with more "
            "times, or leave time= out."
        )
    # Share of the texts from each moment on; the first moment always remains.
    later = np.cumsum(counts[::-1])[::-1][1:] / len(times)
    first = moments[1:][np.argmin(np.abs(later - fraction))]
    held = times >= first
    return part.take(np.flatnonzero(~held)), part.take(np.flatnonzero(held))


def remove_groups_of(part: Split, other: Split) -> tuple[Split, int]:
    """Removes the groups of another part; returns the part and how many rows were removed."""
    if part.groups is None or other.groups is None:
        return part, 0
    kept = np.flatnonzero(~np.isin(part.groups, other.groups))
    return part.take(kept), len(part) - len(kept)


def _class_rows(part: Split, classes: int) -> np.ndarray:
    """Returns (texts, classes), 1 for the classes or labels of a text; one column for numbers."""
    kind = kind_of(part.labels)
    if kind == "labels":
        return part.labels.astype("float64")
    if kind == "number":
        return np.ones((len(part), 1))
    return np.eye(classes)[part.labels]
