"""Estimates what a linear model gains if it learns without the most suspicious labels."""

from dataclasses import dataclass

import numpy as np

from attn_tuner.baselines.folds import COUNT, Fold, cross_validation_folds
from attn_tuner.baselines.out_of_fold import Committee

_DEVIATIONS = 1.96  # Of a normal distribution, for 95 %.


@dataclass(frozen=True)
class Gain:
    """What leaving out the most suspicious labels changes.

    Args:
        labels: int, number of suspicious labels, of all that were judged.
        points: float, percentage points of accuracy gained on other texts.
        margin: float, half the width of the 95 % interval of `points`.
        texts: int, number of texts on which both models were compared.
    """

    labels: int
    points: float
    margin: float
    texts: int


def estimate_gain(
    committee: Committee,
    suspects: int,
    seed: int,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> Gain | None:
    """Compares models that learn with and without suspicious labels, on texts that chose nothing.

    Three folds are held out in turn. Within the texts that remain, suspects are found anew by
    folds of these alone, and as large a share of them is left out as of all. With a_i and b_i, 1
    where models that learnt with and without suspects classify text i as it is labelled, else 0,

        gain = 100 mean(b_i - a_i),    margin = 100 * 1.96 std(b_i - a_i) / sqrt(texts)

    Suspects of all texts would have been chosen with the help of the labels that the comparison is
    made on, and would look better than they are. The labels compared with hold the same mistakes as
    the others, which makes the gain look smaller, not greater. The interval covers the choice of
    texts, not that of folds.

    Args:
        committee: the models, with the texts.
        suspects: int, number of suspicious labels among all texts.
        seed: int, for the folds.
        groups, times: (texts,), as in `folds.cross_validation_folds`.

    Returns:
        None without suspects, or with too few texts.
    """
    share = suspects / max(1, len(committee.labels))
    differences = []
    for learnt, held in _folds(
        committee.labels, np.arange(len(committee.labels)), seed, groups, times
    ):
        inner = _folds(committee.labels, learnt, seed, groups, times)
        worst = _most_suspicious(committee, inner, learnt, round(share * len(learnt)))
        if len(worst):
            truth = committee.labels[held]
            answers = (
                committee.predict(own, held).argmax(axis=1)
                for own in (learnt, np.setdiff1d(learnt, worst))
            )
            before, after = ((each == truth).astype(float) for each in answers)
            differences.append(after - before)
    if not differences:
        return None
    found = 100 * np.concatenate(differences)
    margin = _DEVIATIONS * float(found.std()) / np.sqrt(len(found))
    return Gain(suspects, float(found.mean()), float(margin), len(found))


def _folds(
    labels: np.ndarray,
    places: np.ndarray,
    seed: int,
    groups: np.ndarray | None,
    times: np.ndarray | None,
) -> list[Fold]:
    """Divides some of the texts into three folds, pairs of places among all texts."""
    beside = (None if each is None else each[places] for each in (groups, times))
    folds = cross_validation_folds(labels[places], seed, *beside, COUNT)
    return [(places[learnt], places[held]) for learnt, held in folds]


def _most_suspicious(
    committee: Committee, folds: list[Fold], places: np.ndarray, count: int
) -> np.ndarray:
    """Returns the places of the `count` least self-confident texts that seem of another class."""
    found = committee.stacked(committee.out_of_fold(folds))
    contradicted = places[found[places].argmax(axis=1) != committee.labels[places]]
    contradicted = contradicted[~np.isnan(found[contradicted, 0])]
    confidence = found[contradicted, committee.labels[contradicted]]
    return contradicted[np.argsort(confidence, kind="stable")[:count]]
