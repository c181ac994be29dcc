"""Quantiles that are moved hold on validation series the shares that they say."""

import keras
import numpy as np
import pytest

from attn_tuner.finalizing.quantile_offsets import (
    measured_quantiles,
    quantile_offsets,
    with_moved_quantiles,
)
from attn_tuner.metrics import QUANTILES, quantiles_of


def narrow(series, steps=2):
    """Numbers of which the deviation grows by step, and quantiles that are all too near."""
    draw = np.random.default_rng(0)
    truth = draw.normal(size=(series, steps)) * np.arange(1, steps + 1)
    return truth, np.tile([-0.1, 0.0, 0.1], (series, steps))


def test_each_quantile_of_each_step_holds_its_share():
    truth, answers = narrow(400)
    moved = quantiles_of(answers + quantile_offsets(truth, answers))
    below = (truth[:, :, None] <= moved).mean(axis=0)
    np.testing.assert_allclose(below, np.tile(QUANTILES, (2, 1)), atol=0.01)
    assert moved[0, 1, 2] > 1.5 * moved[0, 0, 2]  # The second step is wider.


def test_few_series_share_the_offsets_of_all_steps():
    truth, answers = narrow(60)
    offsets = quantile_offsets(truth, answers).reshape(2, len(QUANTILES))
    np.testing.assert_array_equal(offsets[0], offsets[1])
    moved = quantiles_of(answers + offsets.ravel())
    below = (truth[:, :, None] <= moved).mean(axis=(0, 1))
    np.testing.assert_allclose(below, QUANTILES, atol=0.01)


def test_the_offset_by_hand_is_the_rank_that_covers_one_more():
    truth = np.arange(9.0)[:, None]
    offsets = quantile_offsets(truth, np.zeros((9, 3)))
    np.testing.assert_array_equal(offsets, [0.0, 4.0, 8.0])  # Ranks 1, 5 and 9 of 10.


def test_the_model_gives_the_moved_answers():
    truth, answers = narrow(120)
    given = keras.Input((6,))
    model, moved = with_moved_quantiles(keras.Model(given, given * 1.0), truth, answers, QUANTILES)
    found = model.predict_on_batch(answers.astype("float32"))
    np.testing.assert_allclose(found, moved, rtol=1e-5)
    assert (np.diff(quantiles_of(moved), axis=-1) >= 0).all()
    assert moved.shape == (120, 6)
    assert moved[0, 2] == pytest.approx(np.quantile(truth[:, 0], 0.9), abs=0.2)


def test_the_shares_below_the_quantiles_are_measured():
    truth = np.array([[0.0, 10.0], [2.0, 30.0]])
    answers = np.tile([-1.0, 1.0, 3.0, 9.0, 20.0, 30.0], (2, 1))
    found = measured_quantiles(truth, answers, (0.25, 0.5, 0.75))
    assert found["below"] == [0.0, 0.5, 1.0]
    assert (found["between"], found["series"], found["steps"]) == (1.0, 2, 2)


def test_two_quantiles_beside_the_median_on_each_side_hold_their_shares_in_order():
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    truth, _ = narrow(400)
    answers = np.tile(np.linspace(-0.1, 0.1, 5), (400, 2)).astype("float32")
    given = keras.Input((10,))
    model, moved = with_moved_quantiles(keras.Model(given, given * 1.0), truth, answers, levels)
    np.testing.assert_allclose(model.predict_on_batch(answers), moved, rtol=1e-5)
    found = measured_quantiles(truth, moved, levels)
    np.testing.assert_allclose(found["below"], levels, atol=0.01)
    assert (np.diff(quantiles_of(moved, levels), axis=-1) >= 0).all()
