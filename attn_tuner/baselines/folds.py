"""Divides the training texts into the folds that choose the penalty of the linear model."""

from collections.abc import Iterable

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from attn_tuner.metrics import kind_of

COUNT = 3
MIN_TEXTS_PER_CLASS = COUNT  # One for each fold.

Fold = tuple[np.ndarray, np.ndarray]


def cross_validation_folds(
    labels: np.ndarray,
    seed: int,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> list[Fold]:
    """Divides texts into three folds, as `group=` and `time=` divide the data into parts.

    With groups no group is on both sides of a fold. With times every validation text is later than
    all training texts of its fold, which grow from a quarter to three quarters of the texts.

    Args:
        labels: (texts, ...).
        seed: int, for the shuffles.
        groups: (texts,) int, the group of each text.
        times: (texts,) float; not heeded where there are groups.

    Returns:
        Pairs of indices of texts (training, validation); empty where there are too few texts,
        groups or times.
    """
    if not _enough(labels):
        return []
    if groups is not None:
        return _by_group(labels, groups, seed)
    if times is not None:
        return _by_time(times)
    if _stratified(labels):
        return list(StratifiedKFold(COUNT, shuffle=True, random_state=seed).split(labels, labels))
    return list(KFold(COUNT, shuffle=True, random_state=seed).split(labels))


def _enough(labels: np.ndarray) -> bool:
    if kind_of(labels) != "class":
        return len(labels) >= 2 * MIN_TEXTS_PER_CLASS
    if _stratified(labels):
        return True
    # With many classes, a rare one does not prevent the comparison.
    counts = np.unique(labels, return_counts=True)[1]
    return len(counts) > 2 and 2 * counts[counts >= MIN_TEXTS_PER_CLASS].sum() >= len(labels)


def _stratified(labels: np.ndarray) -> bool:
    """Returns whether every class has texts for each fold."""
    if kind_of(labels) != "class":
        return False
    counts = np.unique(labels, return_counts=True)[1]
    return len(counts) > 1 and counts.min() >= MIN_TEXTS_PER_CLASS


def _by_group(labels: np.ndarray, groups: np.ndarray, seed: int) -> list[Fold]:
    if len(np.unique(groups)) < COUNT:
        return []
    if _stratified(labels):
        divide = StratifiedGroupKFold(COUNT, shuffle=True, random_state=seed)
        folds = _filled(divide.split(labels, labels, groups))
        if len(folds) == COUNT:  # Else a few large groups left a fold without texts.
            return folds
    return list(GroupKFold(COUNT).split(labels, groups=groups))


def _by_time(times: np.ndarray) -> list[Fold]:
    # Texts of one time stay together.
    first, second, third = np.quantile(times, [0.25, 0.5, 0.75], method="higher")
    borders = ((first, second), (second, third), (third, np.inf))
    return _filled(
        (np.flatnonzero(times < start), np.flatnonzero((times >= start) & (times < end)))
        for start, end in borders
    )


def _filled(folds: Iterable[Fold]) -> list[Fold]:
    """Leaves out folds with nothing to learn from, or nothing to score."""
    return [(learnt, held) for learnt, held in folds if len(learnt) and len(held)]
