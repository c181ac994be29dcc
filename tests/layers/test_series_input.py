"""Raw series inside a model: cut, masked and scaled."""

import keras
import numpy as np
import pytest
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.inputs.truncation import TRUNCATIONS, truncate
from attn_tuner.layers.series_input import FilledSteps, StandardizedSteps, StepLimit, StepMask
from attn_tuner.series.batches import padded

NAN = np.nan


@pytest.mark.parametrize("truncation", TRUNCATIONS)
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 9])
def test_the_layer_cuts_as_the_batches_do(limit, truncation):
    series = [np.arange(length, dtype="float32")[:, None] for length in (1, 2, 3, 5, 8)]
    series[4][3] = NAN  # A step in the middle without a value counts.
    cut = ops.convert_to_numpy(StepLimit(limit, truncation)(padded(series)))
    for row, each in zip(cut, series, strict=True):
        wanted = truncate(each, limit, truncation)
        np.testing.assert_array_equal(row[: len(wanted)], wanted)
        assert np.isnan(row[len(wanted) :]).all()


def test_cutting_twice_is_cutting_once():
    series = padded([np.arange(length, dtype="float32")[:, None] for length in (2, 7, 9)])
    layer = StepLimit(4, "ends")
    once = ops.convert_to_numpy(layer(series))
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(once)), once)


def test_a_mask_ends_at_the_last_step_with_a_value():
    series = np.array([[[1.0, NAN], [NAN, NAN], [NAN, 2.0], [NAN, NAN]]], "float32")
    assert ops.convert_to_numpy(StepMask()(series)).tolist() == [[True, True, True, False]]


def test_features_are_scaled_and_missing_values_are_the_mean():
    series = np.array([[[12.0, NAN], [NAN, NAN]]], "float32")
    scaled = StandardizedSteps([10.0, 5.0], [2.0, 1.0])(series)
    np.testing.assert_allclose(scaled, [[[1.0, NAN], [NAN, NAN]]])
    found = FilledSteps()(scaled, StepMask()(series))
    np.testing.assert_allclose(found, [[[1.0, 0.0], [0.0, 0.0]]])


def test_a_model_is_told_what_is_missing_but_not_of_padding():
    series = np.array([[[1.0, NAN], [NAN, NAN]]], "float32")
    found = FilledSteps(missing=True)(series, StepMask()(series))
    np.testing.assert_allclose(found, [[[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]]])


def test_layers_are_saved_with_their_arguments(tmp_path):
    inputs = keras.Input((None, 2))
    steps = StepLimit(3, "tail")(inputs)
    scaled = StandardizedSteps([1.0, 2.0], [3.0, 4.0])(steps)
    model = keras.Model(inputs, FilledSteps(missing=True)(scaled, StepMask()(steps)))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    series = np.random.default_rng(0).normal(size=(2, 5, 2)).astype("float32")
    np.testing.assert_array_equal(again(series), model(series))


@pytest.mark.parametrize(
    "make",
    [
        lambda: StepLimit(0),
        lambda: StepLimit(3, "middle"),
        lambda: StandardizedSteps([1.0], [0.0]),
        lambda: StandardizedSteps([1.0], [1.0, 2.0]),
    ],
    ids=["no steps", "unknown end", "no deviation", "unlike numbers"],
)
def test_arguments_that_cannot_be_meant_are_refused(make):
    with pytest.raises(SpaceError):
        make()
