"""Temperature and calibration error, by hand and on any probabilities."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import SpaceError
from attn_tuner.finalizing.calibration import (
    apply_temperature,
    calibrate,
    calibrated_loss,
    set_temperature,
)
from attn_tuner.finalizing.ensemble import ensemble_model
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.metrics import expected_calibration_error

SMALL = {"embedding_dim": 4, "encoder.bigru.units": 3, "head.additive.units": 2}


def drawn(seed, texts=400, classes=3, sharpness=1.0):
    """Labels that follow the probabilities exactly, and these raised to `sharpness`."""
    generator = np.random.default_rng(seed)
    honest = generator.dirichlet(np.ones(classes), texts)
    labels = np.array([generator.choice(classes, p=row) for row in honest])
    return labels, apply_temperature(honest, 1 / sharpness)


def test_the_temperature_undoes_a_known_sharpening():
    labels, boasting = drawn(0, texts=6000, sharpness=3.0)
    found = calibrate(labels, boasting)
    assert found.temperature == pytest.approx(3.0, rel=0.1)
    assert found.error_after < found.error_before / 3


@given(st.integers(0, 500), st.integers(1, 40), st.integers(2, 4))
@settings(deadline=None, max_examples=40)
def test_calibration_never_raises_the_loss_nor_changes_an_answer(seed, texts, classes):
    labels, probabilities = drawn(seed, texts, classes, sharpness=2.0)
    found = calibrate(labels, probabilities)
    assert found.loss_after <= found.loss_before
    tempered = apply_temperature(probabilities, found.temperature)
    np.testing.assert_allclose(tempered.sum(axis=1), 1)
    assert (tempered.argmax(axis=1) == probabilities.argmax(axis=1)).all()


def test_certain_answers_that_are_right_or_wrong_give_finite_figures():
    certain = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    for labels in ([1, 0, 1], [0, 1, 0]):
        found = calibrate(labels, certain)
        assert np.isfinite([*found.row().values()]).all()


def test_the_calibration_error_of_a_worked_example():
    # One bin holds 0.8 twice, one of them right: a gap of 0.3 on two of three texts.
    probabilities = np.array([[0.2, 0.8], [0.2, 0.8], [1.0, 0.0]])
    assert expected_calibration_error([1, 0, 0], probabilities) == pytest.approx(0.3 * 2 / 3)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("joined", [False, True])
def test_a_model_with_its_temperature_set_gives_the_tempered_probabilities(classes, joined):
    hypermodel = AttentionHyperModel(vocabulary_size=30, classes=classes)
    model = hypermodel.model(SMALL)
    if joined:
        model = ensemble_model([model, hypermodel.model(SMALL)], [2, 1])
    ids = np.random.default_rng(0).integers(1, 30, (5, 9)).astype("int32")
    before = model.predict(ids, verbose=0)
    set_temperature(model, 0.5)
    expected = apply_temperature(before, 0.5)
    found = model.predict(ids, verbose=0)
    np.testing.assert_allclose(found, expected[:, -1:] if classes == 2 else expected, atol=1e-5)


def test_a_model_that_does_not_end_in_probabilities_is_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(SpaceError, match="ends in the layer"):
        set_temperature(model, 2.0)
    with pytest.raises(SpaceError, match="above 0"):
        set_temperature(model, 0)


def test_texts_that_are_all_right_are_no_reason_to_be_certain():
    labels = np.arange(20) % 2
    sure = np.where(np.eye(2)[labels], 0.9, 0.1)
    few = calibrate(labels, sure)
    assert few.temperature < 1
    assert apply_temperature(sure, few.temperature).max() < 0.99
    many = calibrate(np.tile(labels, 100), np.tile(sure, (100, 1)))
    assert many.temperature < few.temperature


def test_several_labels_are_calibrated_as_so_many_answers():
    labels = np.array([[1, 0], [0, 0], [1, 1]])
    probabilities = np.array([[0.99, 0.02], [0.9, 0.01], [0.98, 0.97]])
    found = calibrate(labels, probabilities)
    same = calibrate(labels.ravel(), probabilities.reshape(-1, 1))
    assert found == same
    tempered = apply_temperature(probabilities, found.temperature, "labels")
    assert tempered.shape == (3, 2)
    assert ((tempered > 0.5) == (probabilities > 0.5)).all()


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("classes", [2, 3, 150])
def test_the_quick_loss_is_that_at_the_best_temperature(classes, sharpness):
    labels, probabilities = drawn(0, classes=classes, sharpness=sharpness)
    found = calibrate(labels, probabilities)
    assert calibrated_loss(labels, probabilities) == pytest.approx(found.loss_after, rel=5e-3)


def test_the_quick_loss_of_several_labels_counts_each():
    labels = np.array([[0, 1], [1, 1], [0, 0], [1, 0]])
    probabilities = np.array([[0.1, 0.8], [0.6, 0.9], [0.4, 0.1], [0.8, 0.3]])
    found = calibrate(labels, probabilities)
    assert calibrated_loss(labels, probabilities) <= found.loss_after + 1e-3
