"""The baselines of forecasts find the feature that is forecast, and answer every step."""

import re

import numpy as np

from attn_tuner.baselines.forecast_baselines import ridge_forecast_baseline, seasonal_baseline
from attn_tuner.series.store import SeriesStore

SEASON, STEPS = 6, 4


def store(count=60, noise=0.0):
    """Windows whose second feature repeats every six steps."""
    draw = np.random.default_rng(0)
    time = np.arange(count + 24)
    target = np.sin(2 * np.pi * time / SEASON) + noise * draw.normal(size=len(time))
    values = np.column_stack([draw.normal(size=len(time)), target]).astype("float32")
    series = [values[at : at + 18] for at in range(count)]
    labels = np.stack([values[at + 18 : at + 18 + STEPS, 1] for at in range(count)])
    offsets = np.arange(count + 1, dtype="int64") * 18
    return SeriesStore(np.concatenate(series), offsets, labels)


def test_the_last_season_of_the_right_feature_is_repeated():
    found = seasonal_baseline(store(), {"validation": store(20)}, STEPS)
    assert found.name == "seasonal naive"
    season = int(re.match(r"the last season, (\d+) steps, of the feature 2$", found.facts)[1])
    assert season % SEASON == 0
    assert found.validation["mae"] < 1e-5
    assert found.probabilities["validation"].shape == (20, STEPS)


def test_ridge_on_lags_answers_every_step():
    found = ridge_forecast_baseline(store(noise=0.1), {"validation": store(20, 0.1)}, STEPS)
    assert found.name == "linear"
    assert found.facts.startswith("the last 18 steps, ridge regression, alpha=")
    assert found.validation["mae"] < 0.2
    assert not found.learnt
