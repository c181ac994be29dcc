"""Selects the texts to label next: those that models are unsure of, and that stand for others."""

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.labelling.variance import VarianceReduction

POWER = 2.0  # Of the uncertainty.
SHORTLIST = 16  # Candidates for each text to be selected.
TEXTS_PER_CLASS = 2  # To be selected on average, for classes to be kept in proportion.


def uncertainty(answers: np.ndarray, kind: str) -> np.ndarray:
    """Computes how unsure models are of each text: (texts,) float from 0 to 1.

        u = 1 - (p_1 - p_2)                         kind = class
        u = max over labels of 1 - |2 p - 1|        kind = labels
        u = s / max s                               kind = number

    p is the mean of the members, p_1 and p_2 its two greatest values, s the standard deviation of
    the members' numbers. Members that contradict each other have a mean of no clear class.

    Args:
        answers: (members, texts, columns).
        kind: key of `metrics.MEASURES`.

    Raises:
        DataError: a single model of numbers, which says nothing of how sure it is.

    Reference:
        Scheffer, Decomain & Wrobel 2001, for the margin. https://doi.org/10.1007/3-540-44816-0_31
    """
    mean = np.asarray(answers, float).mean(axis=0)
    if kind == "class":
        ranked = np.sort(mean, axis=1)
        return np.clip(1.0 - (ranked[:, -1] - ranked[:, -2]), 0.0, 1.0)
    if kind == "labels":
        return np.clip(1.0 - np.abs(2.0 * mean - 1.0), 0.0, 1.0).max(axis=1)
    if len(answers) < 2:
        raise DataError(
            "This run has a single model of numbers, which does not say how sure it is. Search "
            "with ensemble=5, or label texts at random."
        )
    spread = np.asarray(answers, float).std(axis=0)[:, 0]
    return spread / max(float(spread.max(initial=0.0)), 1e-12)


def select(
    answers: np.ndarray,
    points: np.ndarray,
    labelled: np.ndarray,
    n: int,
    kind: str,
    seed: int = 0,
) -> np.ndarray:
    """Selects uncertain texts: half by what their labels would say of others, half at random.

        P(i) ~ u_i^a

    The first half is that of `VarianceReduction`, the others are drawn with the probability P, u
    being the uncertainty and a `POWER`: where many texts look alike to a linear model, as those of
    unknown words do, few of them would not say how they all are. Both are selected among the
    `SHORTLIST` least certain texts for each one. As many are selected of each predicted class as it
    is frequent, where there are enough: else the models would learn that the classes which they are
    now unsure of are the frequent ones.

    Args:
        answers: (members, texts, columns).
        points: (texts, components) float, from `variance.components`.
        labelled: (labelled texts, components) float, from the same decomposition.
        n: int, texts to select; all are if there are no more.
        kind: key of `metrics.MEASURES`.
        seed: int, for the draws.

    Returns:
        (min(n, texts),) int64, places, the least certain first.

    Raises:
        DataError: as for `uncertainty`.
    """
    unsure, random = uncertainty(answers, kind), np.random.default_rng(seed)
    everything, reduction = np.arange(len(unsure)), VarianceReduction(points, labelled, unsure)
    strata, shares = np.zeros(len(unsure), np.int64), np.ones(1)
    if kind == "class" and n >= TEXTS_PER_CLASS * np.shape(answers)[-1]:
        mean = np.asarray(answers, float).mean(axis=0)
        strata, shares = mean.argmax(axis=1), mean.mean(axis=0) / mean.mean(axis=0).sum()
    chosen = np.zeros(0, np.int64)
    for label, count in enumerate(_counts(shares, min(n, len(unsure)), random)):
        own = everything[strata == label]
        chosen = np.concatenate([chosen, _both_ways(own, unsure, count, reduction, random)])
    left = np.setdiff1d(everything, chosen)  # Where a class is predicted less often than it is.
    missing = min(n, len(unsure)) - len(chosen)
    chosen = np.concatenate([chosen, _both_ways(left, unsure, missing, reduction, random)])
    return chosen[np.argsort(-unsure[chosen], kind="stable")]


def _counts(shares: np.ndarray, n: int, random: np.random.Generator) -> list[int]:
    """Divides n by shares into whole numbers, at random where they are fractions."""
    ends = np.floor(np.cumsum(shares) * n + random.random()).astype(int)
    ends[-1] = n
    return np.diff(np.minimum(ends, n), prepend=0).tolist()


def _both_ways(
    places: np.ndarray,
    unsure: np.ndarray,
    count: int,
    reduction: VarianceReduction,
    random: np.random.Generator,
) -> np.ndarray:
    """Selects `count` of the texts at these places, all of them if there are no more."""
    if len(places) <= count:
        return places
    ranked = places[np.argsort(-unsure[places], kind="stable")]
    if count < 2:
        return ranked[:count]
    taken = reduction.take(ranked[: SHORTLIST * (count // 2)], count // 2)
    drawn = count - len(taken)
    left = ranked[~np.isin(ranked, taken)][: SHORTLIST * drawn]
    chances = np.maximum(unsure[left], 1e-6) ** POWER  # A text that is certain may be left over.
    return np.concatenate(
        [taken, random.choice(left, drawn, replace=False, p=chances / chances.sum())]
    )
