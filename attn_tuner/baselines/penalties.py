"""Chooses the penalty of a linear model by cross-validation, within a time limit."""

import time
from collections.abc import Callable, Iterator, Sequence
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


def choose_penalty(
    fit: Callable,
    rows: sparse.csr_matrix,
    labels: np.ndarray,
    weightings: Sequence[str],
    divide: Callable[[np.ndarray], list[Fold]],
    order: np.ndarray,
    until: float | None,
    pace: float | None,
) -> tuple[str, float] | None:
    """Chooses the weighting and penalty with the best score in cross-validation.

    Args:
        fit: callable of text indices, weighting and penalty that returns a `LinearModel`.
        rows: (texts, columns) sparse.
        labels: (texts, ...).
        weightings: names of the weightings to try.
        divide: callable of text indices that returns the folds, pairs of places in them.
        order: (texts,) int, shuffled indices.
        until: float, `time.monotonic()` at which the final fit, on all texts, should end.
        pace: float, seconds per text of a fit, if there is a time limit.

    Returns:
        Weighting and penalty; None if texts or time do not suffice for a comparison.
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

    def score(weighting: str, penalty: float) -> float:
        found = []
        for learnt, held in folds:
            model = fit(learnt, weighting, penalty)
            found.append(_score(model(rows[held]), labels[held]))
        return float(np.mean(found))

    best, way = -np.inf, None
    for weighting in weightings:
        if way and latest is not None and time.monotonic() > latest:
            break
        for penalty, found in _try_penalties(partial(score, weighting), latest):
            if found > best:
                best, way = found, (weighting, penalty)
    return way


def _try_penalties(
    score: Callable[[float], float], latest: float | None
) -> Iterator[tuple[float, float]]:
    """Yields penalties with their scores, from the default in the direction that improves.

    Stops after the best penalty, or if another fit would exceed the moment `latest`.
    """
    begun = time.monotonic()
    best = start = score(PENALTIES[DEFAULT_INDEX])
    yield PENALTIES[DEFAULT_INDEX], start
    for further in (PENALTIES[DEFAULT_INDEX + 1 :], PENALTIES[:DEFAULT_INDEX][::-1]):
        for penalty in further:
            now = time.monotonic()
            if latest is not None and now + (now - begun) > latest:
                return
            begun, found = now, score(penalty)
            yield penalty, found
            if found <= best:
                break
            best = found
        if best > start:
            return


def _score(answers: np.ndarray, labels: np.ndarray) -> float:
    """Computes the accuracy; for numbers the negative mean squared error."""
    kind = kind_of(labels)
    if kind == "number":
        return -float(np.mean((answers[:, 0] - labels) ** 2))
    if kind == "labels":
        return float(np.mean(np.all((answers > 0.5) == labels.astype(bool), axis=1)))
    return float(np.mean(answers.argmax(axis=1) == labels))
