"""Chooses the penalty of a linear model by cross-validation, within a time limit."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse

from attn_tuner.baselines.folds import Fold
from attn_tuner.metrics import kind_of

PENALTIES = (1.0, 4.0, 16.0, 64.0, 256.0)
DEFAULT_INDEX = 2  # In `PENALTIES`: the default, and where the comparison starts.
TUNING_ROWS = 10_000  # Texts for cross-validation; more change the choice little.
EXPECTED_CANDIDATES = 6  # Pairs of weighting and penalty that the time should suffice for.
TIME_MARGIN = 2.0  # A fit may take longer than predicted: a weaker penalty, a busy machine.


@dataclass(frozen=True, eq=False)
class Way:
    """Rows of a linear model, and how its n-grams are weighted.

    Args:
        rows: (texts, columns) sparse.
        weighting: str, name of the weighting.
    """

    rows: sparse.csr_matrix
    weighting: str


@dataclass(frozen=True, eq=False)
class Chosen:
    """What cross-validation has chosen.

    Args:
        way: the way.
        penalty: float, C of the regression.
        folds: the folds.
        scores: score on each fold.
    """

    way: Way
    penalty: float
    folds: Sequence[Fold]
    scores: np.ndarray


def choose_penalty(
    fit: Callable,
    labels: np.ndarray,
    ways: Sequence[Way],
    divide: Callable[[np.ndarray], list[Fold]],
    order: np.ndarray,
    until: float | None,
    pace: float | None,
) -> Chosen | None:
    """Chooses the way and the penalty with the best score in cross-validation.

    Of equal scores the first counts.

    Args:
        fit: callable of text indices, way and penalty that returns a `LinearModel`.
        labels: (texts, ...).
        ways: what to try.
        divide: callable of text indices that returns the folds, pairs of places in them.
        order: (texts,) int, shuffled indices.
        until: float, `time.monotonic()` at which the final fit, on all texts, should end.
        pace: float, seconds per text of a fit, if there is a time limit.

    Returns:
        None if texts or time do not suffice for a comparison.
    """
    kept, latest = order[:TUNING_ROWS], None
    if until is not None:
        latest = until - TIME_MARGIN * pace * len(labels)
        spare = latest - time.monotonic()
        # Three folds fit at most two thirds of the texts each.
        kept = kept[: max(0, int(spare / (2 * EXPECTED_CANDIDATES * pace)))]
    folds = [(kept[learnt], kept[held]) for learnt, held in divide(kept)]
    if not folds:
        return None
    best = None
    for way in ways:
        if best and latest is not None and time.monotonic() > latest:
            break
        judge = partial(_scores, fit, labels, folds, way)
        for penalty, found in _try_penalties(judge, latest):
            if best is None or found.mean() > best.scores.mean():
                best = Chosen(way, penalty, folds, found)
    return best


def better_rows(
    chosen: Chosen,
    rows: sparse.csr_matrix,
    fit: Callable,
    labels: np.ndarray,
    until: float | None,
    pace: float | None,
) -> Chosen:
    """Returns what was chosen, with other rows of the same texts where these score better.

    They are weighted in the same way, and penalties are tried from the same one on. With little
    time they are compared on some of the folds.

    Args:
        chosen: what `choose_penalty` has returned.
        rows: (texts, columns) sparse.
        fit, labels: as of `choose_penalty`.
        until: float, as of `choose_penalty`.
        pace: float, seconds per text of a fit of these rows.
    """
    folds, latest = list(chosen.folds), None
    if until is not None:
        latest = until - TIME_MARGIN * pace * len(labels)
        each = pace * max(len(learnt) for learnt, _ in folds)
        folds = folds[: max(0, int((latest - time.monotonic()) / each))]
    if not folds:
        return chosen
    best, way = chosen, Way(rows, chosen.way.weighting)
    judge = partial(_scores, fit, labels, folds, way)
    for penalty, found in _try_penalties(judge, latest, PENALTIES.index(chosen.penalty)):
        if found.mean() > best.scores[: len(folds)].mean():
            best = Chosen(way, penalty, folds, found)
    return best


def _scores(
    fit: Callable, labels: np.ndarray, folds: Sequence[Fold], way: Way, penalty: float
) -> np.ndarray:
    """Scores a way and a penalty on each fold."""
    models = (fit(learnt, way, penalty) for learnt, _ in folds)
    pairs = zip(models, folds, strict=True)
    return np.array([_score(model(way.rows[held]), labels[held]) for model, (_, held) in pairs])


def _try_penalties(
    judge: Callable[[float], np.ndarray], latest: float | None, start: int = DEFAULT_INDEX
) -> Iterator[tuple[float, np.ndarray]]:
    """Yields penalties with their scores, from that at `start` in the direction that improves.

    Stops after the best penalty, or if another fit would exceed the moment `latest`.
    """
    begun = time.monotonic()
    found = judge(PENALTIES[start])
    yield PENALTIES[start], found
    best = first = found.mean()
    for further in (PENALTIES[start + 1 :], PENALTIES[:start][::-1]):
        for penalty in further:
            now = time.monotonic()
            if latest is not None and now + (now - begun) > latest:
                return
            begun, found = now, judge(penalty)
            yield penalty, found
            if found.mean() <= best:
                break
            best = found.mean()
        if best > first:
            return


def _score(answers: np.ndarray, labels: np.ndarray) -> float:
    """Computes the accuracy; for numbers the negative mean squared error."""
    kind = kind_of(labels)
    if kind == "number":
        return -float(np.mean((answers[:, 0] - labels) ** 2))
    if kind == "labels":
        return float(np.mean(np.all((answers > 0.5) == labels.astype(bool), axis=1)))
    return float(np.mean(answers.argmax(axis=1) == labels))
