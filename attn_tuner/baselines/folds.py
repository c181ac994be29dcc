"""Divides texts into folds, each scored by a model that has not learnt from it."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from attn_tuner.metrics import kind_of

COUNT = 3  # Of the folds that choose the penalty of the linear model.

Fold = tuple[np.ndarray, np.ndarray]


def cross_validation_folds(
    labels: np.ndarray,
    seed: int,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    count: int = COUNT,
) -> list[Fold]:
    """Divides texts into folds, as `group=` and `time=` divide the data into parts.

    With groups no group is on both sides of a fold. With times every validation text is later than
    all training texts of its fold, which grow from 1 / (count + 1) of the texts to
    count / (count + 1).

    Args:
        labels: (texts, ...).
        seed: int, for the shuffles.
        groups: (texts,) int, the group of each text.
        times: (texts,) float; not heeded where there are groups.
        count: int, number of folds.

    Returns:
        Pairs of indices of texts (training, validation); empty where there are too few texts,
        groups or times.
    """
    if not _enough(labels, count):
        return []
    if groups is not None:
        return _by_group(labels, groups, seed, count)
    if times is not None:
        return _by_time(times, count)
    if _stratified(labels, count):
        return list(StratifiedKFold(count, shuffle=True, random_state=seed).split(labels, labels))
    return list(KFold(count, shuffle=True, random_state=seed).split(labels))


def _enough(labels: np.ndarray, count: int) -> bool:
    if kind_of(labels) != "class":
        return len(labels) >= 2 * count
    if _stratified(labels, count):
        return True
    # With many classes, a rare one does not prevent the comparison.
    texts = np.unique(labels, return_counts=True)[1]
    return len(texts) > 2 and 2 * texts[texts >= count].sum() >= len(labels)


def _stratified(labels: np.ndarray, count: int) -> bool:
    """Returns whether every class has texts for each fold."""
    if kind_of(labels) != "class":
        return False
    texts = np.unique(labels, return_counts=True)[1]
    return len(texts) > 1 and texts.min() >= count


def _by_group(labels: np.ndarray, groups: np.ndarray, seed: int, count: int) -> list[Fold]:
    if len(np.unique(groups)) < count:
        return []
    if _stratified(labels, count):
        divide = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        folds = _filled(divide.split(labels, labels, groups))
        if len(folds) == count:  # Else a few large groups left a fold without texts.
            return folds
    return list(GroupKFold(count).split(labels, groups=groups))


def _by_time(times: np.ndarray, count: int) -> list[Fold]:
    # Texts of one time stay together.
    shares = np.arange(1, count + 1) / (count + 1)
    starts = np.quantile(times, shares, method="higher")
    borders = pairwise([*starts, np.inf])
    return _filled(
        (np.flatnonzero(times < start), np.flatnonzero((times >= start) & (times < end)))
        for start, end in borders
    )


def _filled(folds: Iterable[Fold]) -> list[Fold]:
    """Leaves out folds with nothing to learn from, or nothing to score."""
    return [(learnt, held) for learnt, held in folds if len(learnt) and len(held)]
