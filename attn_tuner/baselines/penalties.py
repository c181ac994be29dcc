"""Chooses the penalty of a linear model by cross-validation, as far as the time goes."""

import time
from collections.abc import Iterator
from functools import partial

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from attn_tuner.metrics import kind_of

PENALTIES = (1.0, 4.0, 16.0, 64.0, 256.0)
USUAL = 2  # Of these, where nothing can be compared; the others are tried from there.
TUNING_ROWS = 10_000  # Texts on which weighting and penalty are chosen; more changes it little.
FEWEST = 3  # Of a class, without which there are no folds to choose on.
SCORED = 6  # Candidates for which the time should be enough.
SLOWER = 2.0  # How much longer a fit may take than the probe says: a weaker penalty, other work.


def chosen(
    fit, rows, labels, weightings, seed: int, order, until: float | None, pace: float | None
) -> tuple[str, float] | None:
    """The weighting and the penalty that answer best on folds they were not fitted on.

    Args:
        fit: takes indices of texts, a weighting and a penalty; returns a model of rows.
        rows: (texts, columns).
        labels: (texts, ...).
        weightings: names of those on offer.
        seed: of the folds.
        order: (texts,) indices, mixed.
        until: the moment of `time.monotonic()` when the last fit, that of all texts, should end.
        pace: seconds that a text takes in a fit, where there is an end.

    Returns:
        None where the texts or the time are too few to compare anything.
    """
    kept, latest = order[:TUNING_ROWS], None
    if until is not None:
        latest = until - SLOWER * pace * len(labels)
        spare = latest - time.monotonic()
        # Three folds fit two thirds of the texts each.
        kept = kept[: max(0, int(spare / (2 * SCORED * pace)))]
    folds = [(kept[learnt], kept[held]) for learnt, held in _folds(labels[kept], seed)]
    if not folds:
        return None

    def score(weighting, penalty):
        found = []
        for learnt, held in folds:
            model = fit(learnt, weighting, penalty)
            found.append(_right(model(rows[held]), labels[held]))
        return float(np.mean(found))

    best, way = -np.inf, None
    for weighting in weightings:
        if way and latest is not None and time.monotonic() > latest:
            break
        for penalty, found in _climb(partial(score, weighting), latest):
            if found > best:
                best, way = found, (weighting, penalty)
    return way


def _climb(score, latest) -> Iterator[tuple[float, float]]:
    """Penalties and their scores, from the usual one on in the direction that helps.

    Ends past the top, and where another one would take it beyond the moment `latest`.
    """
    begun = time.monotonic()
    best = start = score(PENALTIES[USUAL])
    yield PENALTIES[USUAL], start
    for further in (PENALTIES[USUAL + 1 :], PENALTIES[:USUAL][::-1]):
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


def _folds(labels, seed) -> list:
    """Three divisions into texts to learn from and texts held out; none where they are too few."""
    if kind_of(labels) != "class":
        few = len(labels) < 2 * FEWEST
        return [] if few else list(KFold(3, shuffle=True, random_state=seed).split(labels))
    counts = np.unique(labels, return_counts=True)[1]
    if counts.min(initial=FEWEST) >= FEWEST and len(counts) > 1:
        return list(StratifiedKFold(3, shuffle=True, random_state=seed).split(labels, labels))
    # One rare class among many is no reason to choose nothing.
    if 2 * counts[counts >= FEWEST].sum() < len(labels) or len(counts) < 3:
        return []
    return list(KFold(3, shuffle=True, random_state=seed).split(labels))


def _right(answers, labels) -> float:
    """The share of texts answered rightly; of numbers the squared error, negated."""
    kind = kind_of(labels)
    if kind == "number":
        return -float(np.mean((answers[:, 0] - labels) ** 2))
    if kind == "labels":
        return float(np.mean(np.all((answers > 0.5) == labels.astype(bool), axis=1)))
    return float(np.mean(answers.argmax(axis=1) == labels))
