"""Chooses the penalty of a linear model by cross-validation, within a time limit."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from attn_tuner.baselines.folds import Fold
from attn_tuner.metrics import kind_of

PENALTIES = (1.0, 4.0, 16.0, 64.0, 256.0)
DEFAULT_INDEX = 2  # In `PENALTIES`: the default, and where the comparison starts.
TUNING_ROWS = 10_000  # Texts for cross-validation; more change the choice little.
EXPECTED_CANDIDATES = 6  # Pairs of weighting and penalty that the time should suffice for.
TIME_MARGIN = 2.0  # A fit may take longer than predicted: a weaker penalty, a busy machine.
MOST_KEPT = 25_000_000  # Weights of a model to start others from; more take too much memory.
CLEAR = 2.0  # Standard errors of a difference from which one fold decides.


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
class Judged:
    """A way and a penalty, judged on held-out texts.

    Args:
        scores: for each fold the score of each text held out, (texts,).
        models: the `LinearModel` of each fold, or None where it is too large to keep.
    """

    scores: Sequence[np.ndarray]
    models: Sequence[Any]

    @property
    def mean(self) -> float:
        """Mean score of the folds."""
        return float(np.mean([each.mean() for each in self.scores]))


@dataclass(frozen=True, eq=False)
class Chosen:
    """What cross-validation has chosen.

    Args:
        way: the way.
        penalty: float, C of the regression.
        folds: the folds.
        judged: its scores on the folds.
    """

    way: Way
    penalty: float
    folds: Sequence[Fold]
    judged: Judged


def choose_penalty(
    fit: Callable,
    labels: np.ndarray,
    ways: Sequence[Way],
    divide: Callable[[np.ndarray], list[Fold]],
    order: np.ndarray,
    until: float | None,
    pace: float | None,
    warm: float = 1.0,
) -> Chosen | None:
    """Chooses the way and the penalty with the best score in cross-validation.

    Of equal scores the first counts.

    Args:
        fit: callable of text indices, way, penalty and a `LinearModel` to start from, or None,
            that returns a `LinearModel`.
        labels: (texts, ...).
        ways: what to try.
        divide: callable of text indices that returns the folds, pairs of places in them.
        order: (texts,) int, shuffled indices.
        until: float, `time.monotonic()` at which the final fit, on all texts, should end.
        pace: float, seconds per text of a fit, if there is a time limit.
        warm: float, share of that time that a fit takes from the weights of another.

    Returns:
        None if texts or time do not suffice for a comparison.
    """
    kept, latest = order[:TUNING_ROWS], None
    if until is not None:
        latest = until - TIME_MARGIN * warm * pace * len(labels)
        spare = latest - time.monotonic()
        candidates = 1 + warm * (EXPECTED_CANDIDATES - 1)
        # Three folds fit at most two thirds of the texts each.
        kept = kept[: max(0, int(spare / (2 * candidates * pace)))]
    folds = [(kept[learnt], kept[held]) for learnt, held in divide(kept)]
    if not folds:
        return None
    best = None
    for way in ways:
        if best and latest is not None and time.monotonic() > latest:
            break
        judge = partial(_judge, fit, labels, folds, way)
        for penalty, found in _try_penalties(judge, latest, warm):
            if best is None or found.mean > best.judged.mean:
                best = Chosen(way, penalty, folds, found)
    return best


def better_rows(
    chosen: Chosen,
    rows: sparse.csr_matrix,
    fit: Callable,
    labels: np.ndarray,
    until: float | None,
    pace: float | None,
    warm: float = 1.0,
) -> Chosen:
    """Returns what was chosen, with other rows of the same texts where these score better.

    They are weighted in the same way. One fold chooses their penalty, from the same one on; it
    decides where they are not better on it, or better by `CLEAR` standard errors. Else the other
    folds count too, as far as time allows.

    Args:
        chosen: what `choose_penalty` has returned.
        rows: (texts, columns) sparse.
        fit, labels: as of `choose_penalty`.
        until: float, as of `choose_penalty`.
        pace: float, seconds per text of a fit of these rows.
        warm: float, as of `choose_penalty`.
    """
    latest = None if until is None else until - TIME_MARGIN * warm * pace * len(labels)

    def affordable(folds: Sequence[Fold]) -> Sequence[Fold]:
        if latest is None:
            return folds
        each = pace * max((len(learnt) for learnt, _ in folds), default=1)
        return folds[: max(0, int((latest - time.monotonic()) / each))]

    if not affordable(chosen.folds):
        return chosen
    way = Way(rows, chosen.way.weighting)
    judge = partial(_judge, fit, labels, chosen.folds[:1], way)
    tried = _try_penalties(judge, latest, warm, PENALTIES.index(chosen.penalty))
    penalty, found = max(tried, key=lambda each: each[1].mean)
    gains = found.scores[0] - chosen.judged.scores[0]
    if 0 < gains.mean() < CLEAR * gains.std() / np.sqrt(len(gains)):
        rest = _judge(fit, labels, affordable(chosen.folds[1:]), way, penalty)
        found = Judged([*found.scores, *rest.scores], [*found.models, *rest.models])
    before = Judged(chosen.judged.scores[: len(found.scores)], ())
    return Chosen(way, penalty, chosen.folds, found) if found.mean > before.mean else chosen


def _judge(
    fit: Callable,
    labels: np.ndarray,
    folds: Sequence[Fold],
    way: Way,
    penalty: float,
    starts: Sequence[Any] | None = None,
) -> Judged:
    """Judges a way and a penalty on folds; a fit may start from a model of the same fold."""
    models, scores = [], []
    for (learnt, held), start in zip(folds, starts or [None] * len(folds), strict=True):
        model = fit(learnt, way, penalty, start)
        scores.append(_scores(model(way.rows[held]), labels[held]))
        models.append(model if model.weights.size <= MOST_KEPT else None)
    return Judged(scores, models)


def _try_penalties(
    judge: Callable[..., Judged],
    latest: float | None,
    warm: float = 1.0,
    start: int = DEFAULT_INDEX,
) -> Iterator[tuple[float, Judged]]:
    """Yields penalties with their scores, from that at `start` in the direction that improves.

    Stops after the best penalty, or if another fit would exceed the moment `latest`.
    """
    begun = time.monotonic()
    first = judge(PENALTIES[start])
    expected = warm * (time.monotonic() - begun)
    yield PENALTIES[start], first
    best = first.mean
    for further in (PENALTIES[start + 1 :], PENALTIES[:start][::-1]):
        for penalty in further:
            begun = time.monotonic()
            if latest is not None and begun + expected > latest:
                return
            found = judge(penalty, first.models)
            expected = time.monotonic() - begun
            yield penalty, found
            if found.mean <= best:
                break
            best = found.mean
        if best > first.mean:
            return


def _scores(answers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Scores each text: 1 where the class is right, else 0; the negative squared error of a number.

    Args:
        answers: (texts, columns).
        labels: (texts, ...).
    """
    kind = kind_of(labels)
    if kind == "number":
        return -((answers[:, 0] - labels) ** 2)
    if kind == "labels":
        return np.all((answers > 0.5) == labels.astype(bool), axis=1).astype("float64")
    return (answers.argmax(axis=1) == labels).astype("float64")
