"""The generated load has seasons, a trend and holidays, and tells free days a day ahead."""

import numpy as np

from attn_tuner.baselines.series.forecasts import RidgeOnLags, SeasonalNaive
from attn_tuner.series.forecast_errors import mean_absolute_error
from attn_tuner.series.load_demo import DAY, FEATURES, WEEK, hourly_load
from attn_tuner.series.loaders import cut_windows


def test_a_seed_gives_the_same_load_and_another_seed_another():
    first, again, other = hourly_load(60, 3), hourly_load(60, 3), hourly_load(60, 4)
    np.testing.assert_array_equal(first.values, again.values)
    assert np.abs(first.values[:, 0] - other.values[:, 0]).max() > 1
    assert first.values.shape == (60 * DAY, len(FEATURES))
    assert first.values.dtype == np.float32


def test_the_next_day_is_told_and_weekends_are_free():
    load = hourly_load(800)
    told = load.values[:, 1].reshape(-1, DAY)
    np.testing.assert_array_equal(told[:-1], np.repeat(load.free[1:, None], DAY, axis=1))
    assert load.free[5:7].all()
    working = np.arange(800) % 7 < 5
    np.testing.assert_array_equal(load.free[working], load.holidays[working])
    assert 20 <= load.holidays.sum() <= 42


def test_free_days_take_less_and_the_load_grows():
    load = hourly_load()
    daily = load.values[:, 0].reshape(-1, DAY).mean(axis=1)
    assert daily[~load.free].mean() > 1.15 * daily[load.free].mean()
    assert daily[365:].mean() > 1.03 * daily[:365].mean()


def test_the_season_is_a_week_and_ridge_beats_it():
    cut = cut_windows(
        hourly_load(200).values, WEEK, DAY, stride=5, target="load", features=FEATURES
    )
    labels = np.array(cut.labels)
    split = len(labels) * 3 // 4
    naive = SeasonalNaive().fit(cut.series[:split], labels[:split])
    ridge = RidgeOnLags(lags=60).fit(cut.series[:split], labels[:split])
    errors = [
        mean_absolute_error(labels[split:], each(cut.series[split:])) for each in (naive, ridge)
    ]
    assert naive.season == WEEK
    assert errors[1] < errors[0]
