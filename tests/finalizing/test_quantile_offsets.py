"""Quantiles that are moved hold on validation series the shares that they say."""

import keras
import numpy as np
import pytest

from attn_tuner.finalizing.quantile_offsets import quantile_offsets, with_moved_quantiles
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
    model, moved = with_moved_quantiles(keras.Model(given, given * 1.0), truth, answers)
    found = model.predict_on_batch(answers.astype("float32"))
    np.testing.assert_allclose(found, moved, rtol=1e-5)
    assert (np.diff(quantiles_of(moved), axis=-1) >= 0).all()
    assert moved.shape == (120, 6)
    assert moved[0, 2] == pytest.approx(np.quantile(truth[:, 0], 0.9), abs=0.2)
