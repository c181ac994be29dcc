"""Chooses the penalty of a linear model by cross-validation, within a time limit."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.model_selection import KFold, StratifiedKFold

from attn_tuner.metrics import kind_of

PENALTIES = (1.0, 4.0, 16.0, 64.0, 256.0)
DEFAULT_INDEX = 2  # In `PENALTIES`: the default, and where the comparison starts.
TUNING_ROWS = 10_000  # Texts for cross-validation; more change the choice little.
MIN_TEXTS_PER_CLASS = 3  # One for each fold.
EXPECTED_CANDIDATES = 6  # Pairs of weighting and penalty that the time should suffice for.
TIME_MARGIN = 2.0  # A fit may take longer than predicted: a weaker penalty, a busy machine.


def choose_penalty(
    fit: Callable,
    rows: sparse.csr_matrix,
    labels: np.ndarray,
    weightings: Sequence[str],
    seed: int,
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
        seed: int, for the folds.
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
        # Three folds fit two thirds of the texts each.
        kept = kept[: max(0, int(spare / (2 * EXPECTED_CANDIDATES * pace)))]
    folds = [(kept[learnt], kept[held]) for learnt, held in _folds(labels[kept], seed)]
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


def _folds(labels: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns three folds (training, validation); empty if there are too few texts."""
    if kind_of(labels) != "class":
        few = len(labels) < 2 * MIN_TEXTS_PER_CLASS
        return [] if few else list(KFold(3, shuffle=True, random_state=seed).split(labels))
    counts = np.unique(labels, return_counts=True)[1]
    if counts.min(initial=MIN_TEXTS_PER_CLASS) >= MIN_TEXTS_PER_CLASS and len(counts) > 1:
        return list(StratifiedKFold(3, shuffle=True, random_state=seed).split(labels, labels))
    # With many classes, a rare one does not prevent the comparison.
    if 2 * counts[counts >= MIN_TEXTS_PER_CLASS].sum() < len(labels) or len(counts) < 3:
        return []
    return list(KFold(3, shuffle=True, random_state=seed).split(labels))


def _score(answers: np.ndarray, labels: np.ndarray) -> float:
    """Computes the accuracy; for numbers the negative mean squared error."""
    kind = kind_of(labels)
    if kind == "number":
        return -float(np.mean((answers[:, 0] - labels) ** 2))
    if kind == "labels":
        return float(np.mean(np.all((answers > 0.5) == labels.astype(bool), axis=1)))
    return float(np.mean(answers.argmax(axis=1) == labels))
