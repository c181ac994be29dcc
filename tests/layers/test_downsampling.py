"""Steps averaged in windows: in NumPy, in the layer, and in a graph of unknown length."""

import functools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.downsampling import Downsampling, SpreadOverSteps
from attn_tuner.layers.series_input import StepMask

NAN = np.nan
# Backends take numbers below the normal ones for 0.
NUMBERS = st.floats(-1e3, 1e3, width=32, allow_subnormal=False) | st.just(NAN)
FACTORS = st.integers(1, 5)


@st.composite
def batches(draw):
    """Arrays (batch, steps, features) with missing values and padding."""
    shape = draw(st.integers(1, 3)), draw(st.integers(1, 11)), 2
    return draw(arrays("float32", shape, elements=NUMBERS))


def averaged(series, factor):
    """The definition, in float64: the mean of what is there, window by window."""
    windows = range(0, series.shape[1], factor)
    found = np.full((series.shape[0], len(windows), series.shape[2]), NAN)
    for row, window, feature in np.ndindex(found.shape):
        some = series[row, window * factor : (window + 1) * factor, feature].astype("float64")
        if (there := some[~np.isnan(some)]).size:
            found[row, window, feature] = there.mean()
    return found


def run(layer, *given):
    return ops.convert_to_numpy(layer(*map(ops.convert_to_tensor, given)))


def test_a_window_has_the_mean_of_the_values_that_are_there():
    series = [[1.0, NAN], [3.0, 8.0], [NAN, NAN], [NAN, 4.0], [7.0, 2.0]]
    found = run(Downsampling(2), np.array([series], "float32"))
    np.testing.assert_array_equal(found, [[[2.0, 8.0], [NAN, 4.0], [7.0, 2.0]]])


@settings(max_examples=60, deadline=None)
@given(batches(), FACTORS)
def test_the_layer_averages_as_numpy_does(series, factor):
    found = run(Downsampling(factor), series)
    np.testing.assert_allclose(found, averaged(series, factor), rtol=1e-5, atol=1e-3)


@functools.cache
def graph(factor):
    """The layer as an exported graph has it: batch and steps are not known when it is made."""
    import tensorflow as tf

    spec = tf.TensorSpec((None, None, 2), tf.float32)
    return tf.function(Downsampling(factor), input_signature=[spec], autograph=False)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="graphs are of TensorFlow")
@settings(max_examples=60, deadline=None)
@given(batches(), FACTORS)
def test_a_graph_of_unknown_length_averages_as_numpy_does(series, factor):
    found = graph(factor)(series).numpy()
    np.testing.assert_allclose(found, averaged(series, factor), rtol=1e-5, atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(batches(), FACTORS, st.integers(1, 6))
def test_padding_behind_a_series_changes_no_window_of_it(series, factor, longer):
    series[:, -1] = 1.0
    padded = np.pad(series, ((0, 0), (0, longer), (0, 0)), constant_values=NAN)
    alone, found = run(Downsampling(factor), series), run(Downsampling(factor), padded)
    np.testing.assert_array_equal(found[:, : alone.shape[1]], alone)
    assert np.isnan(found[:, alone.shape[1] :]).all()


def test_steps_of_a_window_share_its_weight_and_the_last_window_has_fewer():
    weights = np.array([[[0.5, 0.3, 0.2]], [[0.4, 0.6, 0.0]]], "float32")
    present = np.array([[True] * 5, [True, True, True, False, False]])
    found = run(SpreadOverSteps(2), weights, present)
    expected = [[[0.25, 0.25, 0.15, 0.15, 0.2]], [[0.2, 0.2, 0.6, 0.0, 0.0]]]
    np.testing.assert_allclose(found, expected, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(batches(), FACTORS)
def test_spread_weights_have_the_sum_of_those_of_the_windows(series, factor):
    series[:, 0] = 1.0  # A series without a value has no step to hold a weight.
    present = run(StepMask(), series)
    windows = run(StepMask(), run(Downsampling(factor), series))
    assert windows.sum(axis=1).tolist() == (-(-present.sum(axis=1) // factor)).tolist()
    weights = np.random.default_rng(0).random((len(series), 2, windows.shape[1]))
    weights = (weights * windows[:, None]).astype("float32")
    spread = run(SpreadOverSteps(factor), weights, present)
    assert spread.shape == (len(series), 2, series.shape[1])
    assert not spread[~np.broadcast_to(present[:, None], spread.shape)].any()
    np.testing.assert_allclose(spread.sum(axis=-1), weights.sum(axis=-1), rtol=1e-4)


def test_a_model_knows_its_shapes_and_is_saved_with_its_factor(tmp_path):
    given = keras.Input((None, 2))
    assert Downsampling(4)(given).shape == (None, None, 2)
    assert Downsampling(4)(keras.Input((10, 2))).shape == (None, 3, 2)
    weights = keras.layers.Permute((2, 1))(Downsampling(3)(given))
    model = keras.Model(given, SpreadOverSteps(3)(weights, StepMask()(given)))
    assert model.output_shape == (None, 2, None)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    series = np.random.default_rng(0).normal(size=(2, 7, 2)).astype("float32")
    np.testing.assert_array_equal(again(series), model(series))


@pytest.mark.parametrize("factor", [0, 1.5, True])
@pytest.mark.parametrize("layer", [Downsampling, SpreadOverSteps])
def test_a_factor_that_counts_no_steps_is_refused(layer, factor):
    with pytest.raises(SpaceError, match=r"factor is .* a whole number of at least 1"):
        layer(factor)
