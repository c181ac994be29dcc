"""The demo set is the same for a seed, and nothing but the deciding span tells the class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.series.sensor_demo import (
    CLASSES,
    FEATURES,
    PATTERN,
    SIZES,
    labelled,
    mass_on,
    sensor_parts,
    sensor_series,
)


def pitch(values):
    """How much the zero crossings of a sweep move to its end, by the energy of its differences."""
    energy = np.diff(values) ** 2
    half = len(energy) // 2
    return energy[-half:].sum() - energy[:half].sum()


def accuracy(guesses, series):
    labels = np.array([each.label for each in series])
    guesses = np.asarray(guesses)
    return max(np.mean(guesses == labels), np.mean(guesses != labels))


def test_a_seed_gives_the_same_series_and_another_seed_others():
    first, again, other = sensor_series(20, 3), sensor_series(20, 3), sensor_series(20, 4)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.values, two.values)
        assert (one.label, one.span) == (two.label, two.span)
    assert any(one.span != two.span for one, two in zip(first, other, strict=True))


def test_parts_have_their_sizes_both_classes_and_no_series_in_common():
    parts = sensor_parts()
    assert {role: len(part) for role, part in parts.items()} == SIZES
    for part in parts.values():
        assert abs(np.mean([each.label for each in part]) - 0.5) < 0.01
    every = [each.values.tobytes() for part in parts.values() for each in part]
    assert len(set(every)) == len(every)


def test_series_have_unlike_lengths_and_names():
    read = labelled(sensor_series(100))
    assert len({len(each) for each in read.series}) > 20
    assert read.features == FEATURES
    assert set(read.labels) == set(CLASSES)
    assert all(each.dtype == np.float32 and each.shape[1] == 3 for each in read.series)


def test_the_deciding_span_tells_the_class_and_pressure_tells_the_span():
    series = sensor_series(1_000)
    spans = [each.values[slice(*each.span)] for each in series]
    assert all(len(span) == PATTERN for span in spans)
    assert accuracy([pitch(span[:, 0]) > 0 for span in spans], series) > 0.97
    inside = np.mean([span[:, 1].mean() for span in spans])
    outside = np.mean([each.values[:, 1].mean() for each in series])
    assert inside - outside > 1.0


def test_the_whole_series_tells_little():
    series = sensor_series(2_000)
    for summary in (
        lambda values: values.mean(axis=0),
        lambda values: values.std(axis=0),
        lambda values: np.abs(np.diff(values, axis=0)).mean(axis=0),
        lambda values: np.abs(values).max(axis=0),
    ):
        found = np.array([summary(each.values) for each in series])
        for column in found.T:
            assert accuracy(column > np.median(column), series) < 0.56


@given(st.integers(2, 30), st.data())
def test_mass_is_one_on_the_span_and_its_share_when_even(steps, data):
    start = data.draw(st.integers(0, steps - 1))
    end = data.draw(st.integers(start + 1, steps))
    on = np.zeros(steps)
    on[start:end] = 0.3
    np.testing.assert_allclose(mass_on([(start, end)], [on]), 1.0)
    even = mass_on([(start, end)], [np.ones((2, steps))])
    np.testing.assert_allclose(even, (end - start) / steps)


def test_weights_that_do_not_belong_to_the_series_are_refused():
    with pytest.raises(DataError, match="There are 2 spans and weights of 1 series"):
        mass_on([(0, 1), (0, 1)], [[1.0]])
    with pytest.raises(DataError, match="series 1 ends at step 3, and its 2 weights sum to 1"):
        mass_on([(0, 3)], [[0.5, 0.5]])
