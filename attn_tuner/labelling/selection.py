"""Selects the texts to label next: those that models are unsure of, and unlike each other."""

import numpy as np
from scipy import sparse
from sklearn.cluster import kmeans_plusplus

from attn_tuner.errors import DataError

POWER = 2.0  # Of the uncertainty. This and the next were chosen by a replay, on other seeds than
SHORTLIST = 16  # those of benchmarks/suggest.py: candidates for each text to be selected.
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
    answers: np.ndarray, rows: sparse.csr_matrix, n: int, kind: str, seed: int = 0
) -> np.ndarray:
    """Selects texts at random, with probabilities that grow with uncertainty and difference.

        P(i) ~ min over selected j of |z_i - z_j|^2,    z = u^a x

    x is the TF-IDF row of a text, of length 1, u its uncertainty and a `POWER`: a text that the
    models are sure of is hardly selected, nor is one like a text that has been. It is the seeding
    of k-means++ on weighted rows, among the `SHORTLIST` times n least certain texts. As many are
    selected of each predicted class as it is frequent, where there are enough: else the models
    would learn that the classes which they are now unsure of are the frequent ones.

    Args:
        answers: (members, texts, columns).
        rows: (texts, columns) sparse.
        n: int, texts to select; all are if there are no more.
        kind: key of `metrics.MEASURES`.
        seed: int, for the draws.

    Returns:
        (min(n, texts),) int64, places, the least certain first.

    Raises:
        DataError: as for `uncertainty`.

    Reference:
        Arthur & Vassilvitskii 2007, k-means++. https://dl.acm.org/doi/10.5555/1283383.1283494
        Ash et al. 2020, section 3, who select so by gradients. https://arxiv.org/abs/1906.03671
    """
    unsure, random = uncertainty(answers, kind), np.random.default_rng(seed)
    everything = np.arange(len(unsure))
    strata, shares = np.zeros(len(unsure), np.int64), np.ones(1)
    if kind == "class" and n >= TEXTS_PER_CLASS * np.shape(answers)[-1]:
        mean = np.asarray(answers, float).mean(axis=0)
        strata, shares = mean.argmax(axis=1), mean.mean(axis=0) / mean.mean(axis=0).sum()
    chosen = np.zeros(0, np.int64)
    for label, count in enumerate(_counts(shares, min(n, len(unsure)), random)):
        own = everything[strata == label]
        chosen = np.concatenate([chosen, _unlike(own, unsure, rows, count, random)])
    left = np.setdiff1d(everything, chosen)  # Where a class is predicted less often than it is.
    missing = min(n, len(unsure)) - len(chosen)
    chosen = np.concatenate([chosen, _unlike(left, unsure, rows, missing, random)])
    return chosen[np.argsort(-unsure[chosen], kind="stable")]


def _counts(shares: np.ndarray, n: int, random: np.random.Generator) -> list[int]:
    """Divides n by shares into whole numbers, at random where they are fractions."""
    ends = np.floor(np.cumsum(shares) * n + random.random()).astype(int)
    ends[-1] = n
    return np.diff(np.minimum(ends, n), prepend=0).tolist()


def _unlike(
    places: np.ndarray,
    unsure: np.ndarray,
    rows: sparse.csr_matrix,
    count: int,
    random: np.random.Generator,
) -> np.ndarray:
    """Selects `count` of the texts at these places, all of them if there are no more."""
    ranked = places[np.argsort(-unsure[places], kind="stable")][: SHORTLIST * count]
    if len(ranked) <= count or count == 1:  # k-means++ draws the first one evenly.
        return ranked[:count]
    weighted = sparse.csr_matrix(sparse.diags(unsure[ranked] ** POWER) @ rows[ranked])
    _, found = kmeans_plusplus(weighted, count, random_state=int(random.integers(2**31)))
    # Rows without a known word are all alike, and may be drawn more than once.
    kept = list(dict.fromkeys(found.tolist()))
    rest = np.setdiff1d(np.arange(len(ranked)), kept)
    return ranked[np.concatenate([kept, rest[: count - len(kept)]]).astype(np.int64)]
