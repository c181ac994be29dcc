"""The one normalisation that all heads share, and its rules."""

import importlib.util

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from keras import ops

from attn_tuner.attention.masking import masked_normalize
from attn_tuner.attention.normalizers import normalizers

RULES = {name: normalizers[name]() for name in normalizers}
OTHERS = st.floats(-6e4, 6e4, width=16)


def normalized(name, scores, mask, dtype="float32"):
    tensor = ops.cast(ops.convert_to_tensor(scores), dtype)
    return ops.convert_to_numpy(masked_normalize(tensor, ops.convert_to_tensor(mask), RULES[name]))


@st.composite
def scores_and_mask(draw):
    # A few shapes alone: a backend that compiles each shape would spend its time on that.
    shape = draw(st.sampled_from([(1, 1), (2, 5), (3, 9)]))
    scores = draw(arrays.arrays("float16", shape, elements=OTHERS))
    return scores, draw(arrays.arrays("bool", shape))


@pytest.mark.parametrize("name", normalizers)
@settings(max_examples=25, deadline=None)
@given(case=scores_and_mask())
def test_any_scores_give_a_distribution_over_the_text(name, case):
    scores, mask = case
    weights = normalized(name, scores, mask, "float16")
    assert np.isfinite(weights).all()
    assert (weights >= 0).all()
    assert (weights[~mask] == 0).all()
    np.testing.assert_allclose(weights.sum(-1), mask.any(-1), atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(case=scores_and_mask(), shift=st.floats(-50, 50, width=32))
def test_a_constant_added_to_all_scores_changes_nothing(case, shift):
    scores, mask = case
    scores = np.clip(scores, -30, 30).astype("float32")
    for name in ("softmax", "sparsemax", "entmax15"):
        moved = normalized(name, scores + np.float32(shift), mask)
        np.testing.assert_allclose(moved, normalized(name, scores, mask), atol=1e-4)


@pytest.mark.parametrize("name", normalizers)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_scores_at_the_edge_of_float16_stay_finite(name, dtype):
    scores = np.array([[6e4, -6e4, 6e4, 0.0], [-6e4, -6e4, -6e4, 6e4], [6e4, 6e4, 0, 0]])
    mask = np.array([[1, 1, 0, 1], [1, 1, 1, 0], [0, 0, 0, 0]], bool)
    weights = normalized(name, scores, mask, dtype)
    assert np.isfinite(weights).all()
    np.testing.assert_allclose(weights.sum(-1), [1, 1, 0], atol=1e-5)
    np.testing.assert_allclose(weights[1], [1 / 3, 1 / 3, 1 / 3, 0], atol=1e-5)


@pytest.mark.parametrize("name", normalizers)
def test_a_large_score_at_padding_does_not_silence_the_text(name):
    mask = np.array([[True, True, False]])
    with_garbage = normalized(name, np.array([[0.1, 0.2, 1e9]], "float32"), mask)
    clean = normalized(name, np.array([[0.1, 0.2, 0.0]], "float32"), mask)
    assert np.array_equal(with_garbage, clean)


@pytest.mark.filterwarnings("error")
def test_a_single_step_takes_all_without_a_warning():
    weights = normalized("softmax", np.array([[-3.0], [2.0]]), np.array([[True], [False]]))
    np.testing.assert_array_equal(weights, [[1], [0]])


def test_softmax_by_hand():
    weights = normalized("softmax", np.log([[1.0, 3.0, 4.0]]), np.ones((1, 3), bool))
    np.testing.assert_allclose(weights, [[1 / 8, 3 / 8, 4 / 8]], atol=1e-6)


def test_sparsemax_by_hand():
    """Martins & Astudillo 2016: of (0.5, 0.3, -1) the last drops out, the rest shares 1."""
    weights = normalized("sparsemax", np.array([[0.5, 0.3, -1.0]]), np.ones((1, 3), bool))
    np.testing.assert_allclose(weights, [[0.6, 0.4, 0.0]], atol=1e-6)


def test_entmax_by_hand():
    """Two equal scores share evenly; one that lies 2 above the others takes all."""
    mask = np.ones((1, 2), bool)
    np.testing.assert_allclose(normalized("entmax15", np.zeros((1, 2)), mask), [[0.5, 0.5]])
    np.testing.assert_allclose(normalized("entmax15", np.array([[2.0, 0.0]]), mask), [[1, 0]])


def test_topk_by_hand():
    rule = normalizers["topk"](k=2)
    scores = ops.convert_to_tensor(np.log([[1.0, 4.0, 2.0, 4.0]]).astype("float32"))
    weights = ops.convert_to_numpy(masked_normalize(scores, None, rule))
    np.testing.assert_allclose(weights, [[0, 0.5, 0, 0.5]], atol=1e-6)


def test_sigmoid_by_hand():
    weights = normalized("sigmoid", np.array([[0.0, 40.0]]), np.ones((1, 2), bool))
    np.testing.assert_allclose(weights, [[1 / 3, 2 / 3]], atol=1e-6)


def test_a_low_temperature_picks_the_highest_score():
    scores = ops.convert_to_tensor(np.array([[0.1, 0.4, 0.3]], "float32") / 1e-3)
    weights = ops.convert_to_numpy(masked_normalize(scores))
    np.testing.assert_allclose(weights, [[0, 1, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "function"), [("sparsemax", "sparsemax"), ("entmax15", "entmax15")]
)
def test_the_entmax_package_agrees(name, function, rng):
    if importlib.util.find_spec("entmax") is None:
        pytest.skip("The package entmax is not installed.")
    import entmax
    import torch

    scores = rng.normal(scale=2, size=(6, 40)).astype("float32")
    wanted = getattr(entmax, function)(torch.tensor(scores), dim=-1).numpy()
    found = normalized(name, scores, np.ones(scores.shape, bool))
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="Measured by TensorFlow's tape."
)
@pytest.mark.parametrize("name", normalizers)
def test_gradients_match_differences(name, rng):
    import tensorflow as tf

    scores = rng.normal(size=(2, 6)).astype("float32")
    mask = np.array([[1] * 6, [1, 1, 1, 0, 0, 0]], bool)
    direction, heights = rng.normal(size=(2, 2, 6)).astype("float32")

    def value(scores):
        return float(np.sum(normalized(name, scores, mask).astype("float64") * heights))

    tensor = tf.constant(scores)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        total = tf.reduce_sum(masked_normalize(tensor, tf.constant(mask), RULES[name]) * heights)
    slope = float(tf.reduce_sum(tape.gradient(total, tensor) * direction))
    step = 1e-3
    measured = (value(scores + step * direction) - value(scores - step * direction)) / (2 * step)
    assert slope == pytest.approx(measured, abs=5e-3)
