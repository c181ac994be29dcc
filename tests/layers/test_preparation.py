"""Clipping and differences keep masks and missing values."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.preparation import Clipping, Differences

# Backends take numbers below the normal ones for 0.
NUMBERS = st.floats(-1e3, 1e3, width=32, allow_subnormal=False) | st.just(float("nan"))


def run(layer, values, **options):
    return ops.convert_to_numpy(layer(ops.convert_to_tensor(values), **options))


@settings(max_examples=20, deadline=None)
@given(arrays("float32", (2, 4, 3), elements=NUMBERS))
def test_values_are_limited_and_missing_ones_stay_missing(values):
    found = run(Clipping(-2.0, 3.0), values)
    np.testing.assert_array_equal(found, np.clip(values, -2.0, 3.0))


@settings(max_examples=20, deadline=None)
@given(arrays("float32", (2, 4, 3), elements=NUMBERS))
def test_differences_are_those_of_the_steps(values):
    found = run(Differences(keep=False), values)
    np.testing.assert_array_equal(found[:, 0], 0.0)
    np.testing.assert_allclose(found[:, 1:], np.diff(values, axis=1), atol=1e-37)
    both = run(Differences(), values)
    np.testing.assert_array_equal(both, np.concatenate([values, found], axis=-1))


def test_differences_stop_at_padding_on_either_side():
    values = np.array([[[9.0], [1.0], [4.0], [9.0]]], "float32")
    mask = ops.convert_to_tensor(np.array([[False, True, True, False]]))
    found = run(Differences(keep=False), values, mask=mask)
    np.testing.assert_array_equal(found[0, :, 0], [9, 0, 3, 9])


def test_a_mask_passes_through_and_shapes_are_known(tmp_path):
    inputs = keras.Input((None, 3))
    values = Differences()(Clipping(-1.0, 1.0)(keras.layers.Masking()(inputs)))
    assert values.shape == (None, None, 6)
    model = keras.Model(inputs, keras.layers.GRU(2)(values))
    whole = np.random.default_rng(0).normal(size=(1, 5, 3)).astype("float32")
    padded = np.concatenate([whole, np.zeros((1, 4, 3), "float32")], axis=1)
    wanted = model.predict_on_batch(whole)
    np.testing.assert_allclose(model.predict_on_batch(padded), wanted, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict_on_batch(whole), wanted, atol=1e-6)


def test_limits_in_the_wrong_order_are_refused():
    with pytest.raises(SpaceError, match=r"low is 2 and high is 1\. low should be below high"):
        Clipping(2, 1)
