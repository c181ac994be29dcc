"""One long series becomes windows, each with the steps that follow it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.series.loaders import cut_windows


@given(st.integers(2, 40), st.integers(1, 8), st.integers(1, 5), st.integers(1, 7))
def test_a_window_is_followed_by_its_label(steps, window, horizon, stride):
    assume(steps >= window + horizon)
    cut = cut_windows(np.arange(steps, dtype="float32"), window, horizon, stride)
    for number, (values, label, time) in enumerate(
        zip(cut.series, cut.labels, cut.times, strict=True)
    ):
        start = number * stride
        np.testing.assert_array_equal(values[:, 0], np.arange(start, start + window))
        np.testing.assert_array_equal(
            np.ravel(label), np.arange(start + window, start + window + horizon)
        )
        assert time == start + window - 1
    last = len(cut) * stride  # The next window would not have its label.
    assert last + window + horizon > steps


def test_a_horizon_of_one_step_is_a_plain_number():
    assert cut_windows([1.0, 2.0, 3.0, 5.0], window=2, horizon=1).labels == [3.0, 5.0]


def test_without_a_horizon_there_are_no_labels():
    assert cut_windows([1.0, 2.0, 3.0], window=2).labels is None


def test_one_feature_of_several_is_forecast():
    frame = pd.DataFrame({"load": [1.0, 2.0, 3.0, 4.0], "heat": [9.0, 8.0, 7.0, 6.0]})
    cut = cut_windows(frame, window=2, horizon=2, target="heat")
    assert cut.features == ("load", "heat")
    np.testing.assert_array_equal(cut.labels[0], [7.0, 6.0])
    np.testing.assert_array_equal(cut.labels, cut_windows(frame, 2, 2, target=-1).labels)


def test_windows_whose_label_is_missing_are_left_out_and_counted():
    cut = cut_windows([1.0, 2.0, np.nan, 4.0, 5.0], window=1, horizon=1)
    assert cut.labels == [2.0, 4.0, 5.0]
    np.testing.assert_array_equal(cut.times, [0, 2, 3])
    assert "1 of 4 windows were left out" in cut.notes[-1]


def test_windows_share_the_numbers_of_the_series():
    cut = cut_windows(np.zeros(1_000, "float32"), window=100)
    assert len({id(each.base) for each in cut.series}) == 1


def test_ten_million_steps_are_cut_with_a_stride_and_refused_without_one():
    steps = np.zeros(10_000_000, "float32")
    steps[1] = 1.0
    with pytest.raises(DataError, match=r"9,999,927 windows at stride=1.*Say stride=10 or more"):
        cut_windows(steps, window=50, horizon=24)
    assert len(cut_windows(steps, window=50, horizon=24, stride=2_000)) == 5_000


@pytest.mark.parametrize(
    ("given_values", "options", "sentence"),
    [
        (
            [1.0, 2.0],
            {"window": 2, "horizon": 1},
            r"has 2 steps, and window=2 with horizon=1 needs 3",
        ),
        ([1.0, 2.0], {"window": 0}, r"window is 0\. It should be an int of at least 1"),
        ([1.0, 2.0], {"window": 1, "stride": 1.5}, r"stride is 1\.5"),
        ([1.0, np.inf], {"window": 1}, r"The series: 'feature_1' is infinite at step 2"),
        ([1.0, "x"], {"window": 1}, r"The series has the text 'x' at step 2"),
        (np.ones((4, 2)), {"window": 1, "horizon": 1}, r"Say which one is forecast"),
        (np.ones((4, 2)), {"window": 1, "horizon": 1, "target": "b"}, r"No feature is called 'b'"),
        (np.ones((2, 2, 2)), {"window": 1}, r"has 3 dimensions\. Give one series"),
        (
            [1.0, np.nan, np.nan],
            {"window": 1, "horizon": 2},
            r"missing values in every stretch of 2",
        ),
        ([], {"window": 1}, r"has 0 steps"),
    ],
)
def test_what_cannot_be_cut_is_refused_in_one_sentence(given_values, options, sentence):
    with pytest.raises(DataError, match=sentence):
        cut_windows(given_values, **options)
