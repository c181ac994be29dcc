"""Series in memory are read as they are, and what a model cannot read is refused in a sentence."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from attn_tuner.errors import DataError
from attn_tuner.series.loaders import from_arrays

SERIES = [[1.0, 2.0, 4.0], [3.0, 5.0]]


@given(
    arrays(
        "float64",
        array_shapes(min_dims=3, max_dims=3, max_side=4),
        elements=st.floats(-(2.0**100), 2.0**100, width=32) | st.just(float("nan")),
    )
)
def test_every_value_and_every_missing_one_arrives(values):
    read = from_arrays(values)
    assert len(read) == len(values)
    assert len(read.features) == values.shape[2]
    for found, wanted in zip(read.series, values, strict=True):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, wanted.astype("float32"))


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_series_of_unlike_length_keep_their_lengths(lengths):
    read = from_arrays([np.arange(length) for length in lengths])
    assert [each.shape for each in read.series] == [(length, 1) for length in lengths]


def test_an_array_of_series_and_steps_has_one_feature():
    read = from_arrays(np.arange(6.0).reshape(2, 3), labels=np.array(["a", "b"]))
    assert [each.shape for each in read.series] == [(3, 1), (3, 1)]
    assert read.labels == ["a", "b"]
    assert read.features == ("feature_1",)


def test_an_array_of_objects_holds_series_of_unlike_length():
    ragged = np.empty(2, dtype=object)
    ragged[:] = [np.ones((2, 3)), np.zeros((4, 3))]
    assert [each.shape for each in from_arrays(ragged).series] == [(2, 3), (4, 3)]


def test_data_frames_name_the_features():
    frames = [pd.DataFrame({"pulse": [60, 61], "pressure": [120.0, None]})] * 2
    read = from_arrays(frames)
    assert read.features == ("pulse", "pressure")
    assert np.isnan(read.series[0][1, 1])


def test_groups_and_times_stand_beside_the_series():
    read = from_arrays(SERIES, labels=[0, 1], groups=[7, 8], times=[2020, 2021])
    assert read.groups == ["7", "8"]
    np.testing.assert_array_equal(read.times, [2020.0, 2021.0])


def test_none_and_masked_values_are_missing_and_counted():
    read = from_arrays([[1.0, None, 3.0], np.ma.masked_equal([1.0, -9.0], -9.0)])
    assert np.isnan(read.series[0][1, 0])
    assert np.isnan(read.series[1][1, 0])
    assert "2 of 5 values are missing (40.0%)" in read.notes[0]


def test_a_constant_feature_is_said():
    read = from_arrays(np.stack([np.full((2, 5), 3.0), np.arange(10.0).reshape(2, 5)], axis=2))
    assert "The feature feature_1 (3) is the same in every step" in read.notes[0]


def test_a_feature_without_a_value_and_a_series_without_one_are_said():
    values = np.arange(12.0).reshape(2, 3, 2)
    values[:, :, 1] = np.nan
    values[0] = np.nan
    said = " ".join(from_arrays(values).notes)
    assert "The feature feature_2 has no value in any series" in said
    assert "1 of 2 series have no value at all" in said


def test_single_steps_are_said():
    assert "1 of 2 series have a single step" in from_arrays([[1.0], [2.0, 3.0]]).notes[0]


def test_features_in_the_place_of_steps_are_said():
    assert "3 steps of 100 features" in from_arrays(np.zeros((2, 3, 100))).notes[-1]


def test_ten_million_steps_are_read_and_called_long():
    read = from_arrays([np.zeros(10_000_000, "float32"), np.ones(3, "float32")])
    assert "The longest series has 10,000,000 steps" in read.notes[-1]


@pytest.mark.parametrize(
    ("series", "sentence"),
    [
        ([[1.0, "high", 2.0], [1.0]], r"Series 1 has the text 'high' at step 2\. Give numbers"),
        ([[1.0], [1.0, np.inf]], r"Series 2: 'feature_1' is infinite at step 2\. Replace it by"),
        ([[1.0, 1e300]], r"'feature_1' is 1e\+300, more than float32 holds at step 2"),
        ([np.ones((2, 3)), np.ones((2, 1))], r"Series 2 has 1 feature, and Series 1 has 3"),
        ([[1.0], []], r"Series 2 has no steps\. Leave it out"),
        ([np.ones((2, 0))], r"The series have no features"),
        ([[[1.0, 2.0], [3.0]]], r"Series 1 has rows of unlike length"),
        ([np.array([1, 2], dtype="datetime64[s]")], r"Series 1 has dates\. Give numbers"),
        ([1.0, 2.0], r"Series 1 is a single number.*cut_windows"),
        ([np.ones((1, 2, 3))], r"Series 1 has 3 dimensions"),
        (np.ones(5), r"has 1 dimensions\. It should be \(series, steps, features\).*cut_windows"),
        (np.ones((1, 2, 3, 4)), r"has 4 dimensions"),
        ([], r"There are no series"),
        (np.ones((0, 3, 1)), r"There are no series"),
        ("series.csv", r"For the series a str was given"),
        (None, r"For the series a NoneType was given"),
    ],
)
def test_what_no_model_can_read_is_refused_in_one_sentence(series, sentence):
    with pytest.raises(DataError, match=sentence):
        from_arrays(series)


@pytest.mark.parametrize(
    ("beside", "sentence"),
    [
        ({"labels": [1]}, r"There are 2 series and 1 labels"),
        ({"labels": "ab"}, r"labels= is a str"),
        ({"groups": [1, 2, 3]}, r"There are 2 series and 3 groups"),
        ({"times": [1.0, float("nan")]}, r"times= has values that are missing or infinite"),
        ({"features": ["a", "b"]}, r"features= names 2 features \(a, b\), and the series have 1"),
    ],
)
def test_what_stands_beside_the_series_has_an_entry_for_each(beside, sentence):
    with pytest.raises(DataError, match=sentence):
        from_arrays(SERIES, **beside)


def test_frames_with_other_columns_are_refused():
    frames = [pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})]
    with pytest.raises(DataError, match="Series 2 has the columns b, and series 1 has a"):
        from_arrays(frames)
