"""A season is found and repeated; ridge on lags follows a line."""

import numpy as np
import pytest

from attn_tuner.baselines.series.equal_lengths import filled, with_length
from attn_tuner.baselines.series.forecasts import RidgeOnLags, SeasonalNaive
from attn_tuner.errors import DataError
from attn_tuner.series.loaders import cut_windows


def windows(values, window=12, horizon=5):
    cut = cut_windows(values, window, horizon)
    return cut.series, np.array(cut.labels)


def test_the_season_is_found_and_repeated_beyond_its_end():
    values = np.tile([1.0, 5.0, 2.0, 0.0], 10)
    series, labels = windows(values)
    naive = SeasonalNaive().fit(series, labels)
    assert naive.season == 4
    np.testing.assert_array_equal(naive(series), labels)


def test_a_season_of_one_step_repeats_the_last_value():
    series = [np.array([[1.0], [7.0]]), np.array([[0.0], [np.nan]])]
    naive = SeasonalNaive(season=1).fit(series, np.zeros((2, 3)))
    np.testing.assert_array_equal(naive(series), [[7, 7, 7], [0, 0, 0]])


def test_a_season_longer_than_the_series_is_refused():
    with pytest.raises(DataError, match="A season of 9 steps does not fit into a series of 2"):
        SeasonalNaive(season=9).fit([np.zeros((2, 1))], np.zeros((1, 3)))


def test_ridge_on_lags_continues_a_trend_with_a_season():
    steps = np.arange(200.0)
    values = 0.5 * steps + np.tile([0.0, 3.0, -1.0, 2.0], 50)
    series, labels = windows(values)
    ridge = RidgeOnLags().fit(series[:120], labels[:120])
    late = ridge(series[150:])
    assert np.abs(late - labels[150:]).max() < 0.1
    naive = SeasonalNaive().fit(series[:120], labels[:120])
    assert np.abs(naive(series[150:]) - labels[150:]).mean() > 1.0


def test_ridge_on_lags_reads_every_feature():
    draw = np.random.default_rng(0)
    cause = draw.normal(size=300)
    effect = np.roll(cause, 2)
    cut = cut_windows(np.column_stack([effect, cause]), window=3, horizon=2, target=0)
    ridge = RidgeOnLags(target=0).fit(cut.series[:200], np.array(cut.labels[:200]))
    np.testing.assert_allclose(ridge(cut.series[200:]), cut.labels[200:], atol=0.05)


def test_more_lags_than_steps_are_refused():
    with pytest.raises(DataError, match="lags=5 is more than the 2 steps"):
        RidgeOnLags(lags=5).fit([np.zeros((2, 1))], np.zeros((1, 1)))


def test_missing_values_lie_between_their_neighbours():
    series = np.array([[np.nan, np.nan], [1.0, np.nan], [np.nan, np.nan], [3.0, np.nan]])
    np.testing.assert_array_equal(filled(series), [[1, 0], [1, 0], [2, 0], [3, 0]])


def test_series_are_stretched_or_padded_to_one_length():
    series = [np.array([[0.0], [2.0]]), np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])]
    np.testing.assert_array_equal(
        with_length(series, 3, "stretched")[..., 0], [[0, 2, 2], [0, 2, 4]]
    )
    np.testing.assert_array_equal(with_length(series, 3, "padded")[..., 0], [[0, 2, 0], [0, 1, 2]])
