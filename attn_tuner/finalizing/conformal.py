"""Chooses prediction sets and intervals of a promised coverage, and measures them elsewhere.

found = conformal_of(labels, answers, 0.9)       # on validation texts
measure_coverage(labels, answers, found, classes)  # on test texts
"""

import math
from collections.abc import Sequence

import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.metrics import both_columns, kind_of
from attn_tuner.tasks import Task

OWN_TEXTS = 100  # Of a class, from which on it has a threshold of its own.


def check_coverage(coverage: float | None, task: Task, texts: int) -> None:
    """Checks that sets or intervals of that coverage can be learnt from the validation texts.

    Args:
        coverage: as set; None for no sets.
        task: of the data.
        texts: int, number of validation texts.

    Raises:
        SpaceError: an answer has several labels or numbers, or there are too few texts.
    """
    if coverage is None:
        return
    if task.several:
        raise SpaceError(
            "coverage is for classes and for single numbers. For a forecast leave it out, and give "
            "task='quantiles': between the outer two lie eight in ten numbers."
        )
    if task.kind == "labels":
        raise SpaceError(
            "coverage is for texts with one class each and for numbers; these texts have several "
            "labels. Leave out coverage."
        )
    needed = _needed(coverage)
    if texts < needed:
        raise SpaceError(
            f"coverage={coverage:g} needs at least {needed:,} validation texts; there are "
            f"{texts:,}. Give more texts with validation=, or a lower coverage."
        )


def conformal_of(labels: np.ndarray, answers: np.ndarray, coverage: float) -> Conformal:
    """Finds the thresholds of prediction sets, or the width of intervals, of a coverage.

        t_c = the k-th smallest p_y over the texts of class c,   k = floor((n_c + 1) (1 - coverage))
        t = the k-th smallest |y - value|,                       k = ceil((n + 1) coverage)

    A text that is exchangeable with these is covered with at least that probability, within each
    class that has at least `OWN_TEXTS` texts; the other classes share one threshold, that of all
    texts where they have too few for one. Texts by which the model was chosen are not quite
    exchangeable with others, so `measure_coverage` measures it.

    Args:
        labels: class numbers, `(texts,)`, or numbers, `(texts,)` float.
        answers: `(texts, classes)` or `(texts, 1)`, of the model as it is exported.
        coverage: float in (0, 1).

    Reference:
        Sadinle et al. 2019, section 3.1, of sets for each class; Lei et al. 2018, algorithm 2.
        https://arxiv.org/abs/1609.00451 https://arxiv.org/abs/1604.04173
    """
    labels = np.asarray(labels)
    if kind_of(labels) == "number":
        off = np.sort(np.abs(labels - np.asarray(answers, "float64")[:, 0]))
        rank = math.ceil(round((len(off) + 1) * coverage, 6))
        half = np.nextafter(np.float32(off[min(rank, len(off)) - 1]), np.float32(np.inf))
        return Conformal(coverage, (float(half),))
    sure = both_columns(np.asarray(answers, "float32"))
    of_truth = sure[np.arange(len(labels)), labels]
    own = np.bincount(labels, minlength=sure.shape[1]) >= OWN_TEXTS
    shared = ~own[labels]
    shared = shared if shared.sum() >= _needed(coverage) else np.ones_like(shared)
    together = _lowest(of_truth[shared], coverage)
    at = [
        _lowest(of_truth[labels == number], coverage) if own[number] else together
        for number in range(len(own))
    ]
    return Conformal(coverage, tuple(at))


def measure_coverage(
    labels: np.ndarray, answers: np.ndarray, conformal: Conformal, classes: Sequence[str]
) -> dict:
    """Measures sets or intervals on texts that did not choose them.

    Args:
        labels, answers: of those texts, as in `conformal_of`.
        conformal: the sets or intervals.
        classes: names of the classes; empty for numbers.

    Returns:
        `texts`, `covered` (share of them) and, for classes, `size` (mean number of classes in a
        set), `single` (share of sets with one class) and `classes`, a row each with its `class`,
        `covered` and `texts`.
    """
    labels = np.asarray(labels)
    if kind_of(labels) == "number":
        low, high = conformal.interval(np.asarray(answers, "float64")[:, 0])
        inside = (low <= labels) & (labels <= high)
        return {"texts": len(labels), "covered": float(inside.mean())}
    sets = conformal.sets(both_columns(np.asarray(answers, "float32")))
    covered, sizes = sets[np.arange(len(labels)), labels], sets.sum(axis=1)
    return {
        "texts": len(labels),
        "covered": float(covered.mean()),
        "size": float(sizes.mean()),
        "single": float((sizes == 1).mean()),
        "classes": [
            {"class": name, "covered": float(covered[chosen].mean()), "texts": int(chosen.sum())}
            for number, name in enumerate(classes)
            if (chosen := labels == number).any()
        ],
    }


def _needed(coverage: float) -> int:
    """Returns the number of texts from which on a threshold of that coverage can be learnt."""
    return math.ceil(round(coverage / (1 - coverage), 6))


def _lowest(of_truth: np.ndarray, coverage: float) -> float:
    """Returns the threshold that at most a share of 1 - coverage of the probabilities is below."""
    rank = math.floor(round((len(of_truth) + 1) * (1 - coverage), 6))
    if rank < 1:
        return 0.0
    found = np.sort(of_truth)[rank - 1]
    return float(max(np.nextafter(np.float32(found), np.float32(-1)), 0.0))
