"""The two baselines of a search of forecasts: ridge on lags, and the last season once more."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from attn_tuner.baselines.baselines import Baseline, measured_baseline
from attn_tuner.baselines.series.forecasts import RidgeOnLags, SeasonalNaive
from attn_tuner.series.store import SeriesStore

SEASONAL_NAME = "seasonal naive"


def ridge_forecast_baseline(
    training: SeriesStore,
    parts: dict,
    classes: int,
    seed: int = 0,
    seconds: float | None = None,
    levels: Sequence[float] = (),
) -> Baseline:
    """Fits ridge regression on all features of the last steps, for every step of the forecast.

    Args:
        training: `SeriesStore` of the training part.
        parts: dict of "validation", and "test" if there is one, to their `SeriesStore`.
        classes, seed, seconds: not used: it reads the latest 20,000 windows at most.
        levels: of the quantiles over which the pinball loss is averaged.
    """

    def make(target: int, steps: int) -> Any:
        return RidgeOnLags(steps, target)

    def facts(model: Any) -> str:
        return f"the last {model.lags} steps, ridge regression, alpha={model.ridge.penalty:g}"

    return _measured("linear", make, facts, training, parts, levels)


def seasonal_baseline(
    training: SeriesStore,
    parts: dict,
    classes: int,
    seed: int = 0,
    seconds: float | None = None,
    levels: Sequence[float] = (),
) -> Baseline:
    """Repeats the last season of the feature that is forecast.

    Args:
        training, parts, classes, seed, seconds, levels: as of `ridge_forecast_baseline`.
    """

    def make(target: int, steps: int) -> Any:
        return SeasonalNaive(target=target)

    def facts(model: Any) -> str:
        return f"the last season, {model.season} steps, of the feature {model.target + 1}"

    return _measured(SEASONAL_NAME, make, facts, training, parts, levels)


def _measured(
    name: str,
    make: Callable[[int, int], Any],
    facts: Callable[[Any], str],
    training: SeriesStore,
    parts: dict,
    levels: Sequence[float],
) -> Baseline:
    """Fits and measures a baseline that reads as many steps as the shortest series has.

    A store does not say which feature is forecast: it is the one whose last season comes nearest.
    """
    begun = time.monotonic()
    steps = min(int(each.lengths.min()) for each in (training, *parts.values()))
    series = [each[-steps:] for each in _series(training)]
    model = make(_target(series, training.labels), steps).fit(series, training.labels)
    answers = {
        role: model([each[-steps:] for each in _series(part)]) for role, part in parts.items()
    }
    spent = time.monotonic() - begun
    return measured_baseline(name, facts(model), parts, answers, spent, levels=levels)


def _series(store: SeriesStore) -> list[np.ndarray]:
    return [store[row] for row in range(len(store))]


def _target(series: list[np.ndarray], labels: np.ndarray) -> int:
    """Returns the index of the feature whose seasonal naive forecast has the least error."""
    some, truth = series[-500:], labels[-500:]
    errors = []
    for target in range(series[0].shape[1]):
        naive = SeasonalNaive(target=target).fit(some, truth)
        errors.append(float(np.abs(naive(some) - truth).mean()))
    return int(np.argmin(errors))
