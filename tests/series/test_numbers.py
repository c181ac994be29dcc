"""What is read as series, and what is refused, in one clear sentence each."""

import numpy as np
import pandas as pd
import pytest

from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.numbers import holds_series, read_series
from attn_tuner.text import load


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((4, 5, 2)),
        np.zeros((4, 5, 2), int),
        np.zeros((4, 5), "float32"),
        [np.zeros((5, 2)), np.zeros((3, 2))],
        [np.zeros(5), np.zeros(3)],
        [np.zeros((5, 2), int)],
        [[0.5, 1.0], [2.0]],
        [[[1, 2], [3, 4]]],
        (np.zeros((4, 5, 2)), ["a", "b", "a", "b"]),
        LabelledSeries([np.zeros((5, 1))], ["a"], ()),
    ],
    ids=str,
)
def test_arrays_and_lists_of_numbers_are_series(data):
    assert holds_series(data)


@pytest.mark.parametrize(
    "data",
    [
        "demo",
        ["a text", "another"],
        (["a text"], ["a"]),
        (["a", "b"], [0.5, 1.5]),
        ([[1, 5, 6], [1, 7]], [0, 1]),  # Texts as ids.
        (np.array([[1, 5], [1, 7]]), [0, 1]),
        (np.array(["a", "b"]), [0, 1]),
        {"text": ["a"], "label": ["b"]},
        [("a text", 1), ("another", 0)],
        [],
        None,
        5,
    ],
    ids=str,
)
def test_texts_and_ids_are_not_series(data):
    assert not holds_series(data)


def test_series_of_one_feature_get_an_axis_and_numbers_become_float32():
    found, _, notes = read_series([np.arange(3), [1.5, 2.5]])
    assert [each.shape for each in found] == [(3, 1), (2, 1)]
    assert {each.dtype for each in found} == {np.dtype("float32")}
    assert notes == ()


def test_a_missing_value_may_be_none():
    (found,), _, _ = read_series([[1.0, None, 2.0]])
    np.testing.assert_array_equal(found[:, 0], [1.0, np.nan, 2.0])


def test_last_steps_without_any_value_are_left_out_and_said():
    nan = np.nan
    (found, _), _, notes = read_series(
        [[[nan, 1.0], [nan, nan], [2.0, nan], [nan, nan]], [[1.0, 2.0]]]
    )
    assert len(found) == 3  # The step in the middle stays.
    assert notes[-1] == "Of 1 of 2 series the last steps were left out: they have no value."


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ([], "There are no series in the given series."),
        ([[1.0, "warm", 2.0]], "Series 1 of the given series has the text 'warm' at step 2. Give"),
        ([["1.5", "2.5"]], "Series 1 of the given series has the text '1.5' at step 1"),
        ([np.zeros((3, 2)), np.zeros((3, 1))], r"Series 2 .* has 1 feature, and Series 1 .* has 2"),
        ([[1.0, np.inf]], r"Series 1 .*: 'feature_1' is infinite at step 2"),
        ([[1.0, -1e39]], r"'feature_1' is -1e\+39, more than float32 holds at step 2"),
        ([np.zeros((0, 2))], r"Series 1 of the given series has no steps"),
        ([[1.0], []], "Series 2 of the given series has no steps"),
        ([[np.nan, np.nan]], "Series 1 of the given series has no value: all 2 are NaN"),
        ([[[1.0, 2.0], [3.0]]], "has rows of unlike length"),
        ([np.zeros((2, 2, 2))], r"has 3 dimensions\. Give \(steps, features\)"),
        ([[1.0 + 2j]], "has complex numbers"),
        (["a text"], r"Series 1 of the given series has the text 'a text'\. Give"),
        ("a text", "The given series should be an array"),
        (5.0, "The given series should be an array"),
    ],
    ids=str,
)
def test_what_is_no_series_is_refused_with_its_number_and_place(series, said):
    with pytest.raises(DataError, match=said):
        read_series(series)


def test_features_without_names_are_numbered():
    assert read_series([[[1.0, 2.0]]])[1] == ("feature_1", "feature_2")
    assert read_series([[[1.0, 2.0]]], features=("heat", "noise"))[1] == ("heat", "noise")


@pytest.mark.parametrize(
    "given",
    [
        pd.DataFrame(np.ones((30, 6))),
        np.ones((30, 6), bool),
        np.ones((30, 6), complex),
        np.ones((30, 2, 3, 4)),
    ],
    ids=["a table", "bool", "complex", "four axes"],
)
def test_numbers_that_are_no_series_are_told_what_series_are(given):
    with pytest.raises(DataError, match=r"of numbers\. .* the shape \(series, steps\) or"):
        load((given, ["a", "b"] * 15))
