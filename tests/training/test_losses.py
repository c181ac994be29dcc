"""Smoothed labels, by hand."""

import keras
import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.metrics import QUANTILES
from attn_tuner.series.forecast_errors import pinball_loss
from attn_tuner.training.losses import PinballLoss, SmoothedCrossentropy, loss_of

ROWS = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], "float32")


def test_a_part_of_each_label_goes_to_all_classes_alike():
    found = SmoothedCrossentropy(0.3)(np.array([0, 2]), ROWS)
    losses = [
        0.7 * -np.log(row[label]) + 0.1 * -np.log(row).sum()
        for row, label in zip(ROWS, (0, 2), strict=True)
    ]
    assert float(found) == pytest.approx(np.mean(losses), rel=1e-5)


def test_without_smoothing_it_is_the_usual_crossentropy():
    labels = np.array([[1], [2]])
    usual = keras.losses.SparseCategoricalCrossentropy()(labels, ROWS)
    assert float(SmoothedCrossentropy(0.0)(labels, ROWS)) == pytest.approx(float(usual), rel=1e-5)


def test_it_is_made_again_from_its_configuration():
    loss = SmoothedCrossentropy(0.2)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()


def test_smoothing_out_of_range_is_refused():
    with pytest.raises(SpaceError, match="from 0 to below 1"):
        SmoothedCrossentropy(1.0)


def test_only_losses_of_probabilities_are_smoothed():
    assert loss_of("binary_crossentropy") == "binary_crossentropy"
    assert loss_of("mean_squared_error", 0.1) == "mean_squared_error"
    assert isinstance(loss_of("sparse_categorical_crossentropy", 0.1), SmoothedCrossentropy)
    binary = loss_of("binary_crossentropy", 0.1)
    found = float(binary(np.array([[1.0]]), np.array([[0.9]], "float32")))
    assert found == pytest.approx(-0.95 * np.log(0.9) - 0.05 * np.log(0.1), rel=1e-4)


def test_the_pinball_loss_is_the_mean_of_that_of_each_quantile_and_step():
    draw = np.random.default_rng(0)
    truth, answers = draw.normal(size=(5, 2)), draw.normal(size=(5, 6))
    found = PinballLoss()(truth.astype("float32"), answers.astype("float32"))
    each = [pinball_loss(truth, answers[:, at::3], level) for at, level in enumerate(QUANTILES)]
    assert float(found) == pytest.approx(np.mean(each), rel=1e-5)
    assert isinstance(loss_of("pinball"), PinballLoss)
