"""Averages of logarithms: the equation, the weights, and the layer that does the same."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import SpaceError
from attn_tuner.finalizing.calibration import apply_temperature, calibrated_loss
from attn_tuner.finalizing.candidates import Candidate
from attn_tuner.finalizing.logarithmic_average import LEAST_WEIGHT, average, fit_weights
from attn_tuner.layers.probability_average import ProbabilityAverage
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord


def test_two_models_are_averaged_by_the_roots_of_their_products():
    sure, undecided = np.array([[0.9, 0.1]]), np.array([[0.5, 0.5]])
    # sqrt(0.9 * 0.5) : sqrt(0.1 * 0.5) = 3 : 1
    np.testing.assert_allclose(average([sure, undecided], [0.5, 0.5], True), [[0.75, 0.25]])
    np.testing.assert_allclose(average([sure, undecided], [0.5, 0.5]), [[0.7, 0.3]])


def test_a_model_that_rules_a_class_out_does_not_make_it_impossible():
    never, likely = np.array([[1.0, 0.0]]), np.array([[0.2, 0.8]])
    found = average([never, likely], [0.5, 0.5], logarithms=True)
    odds = np.sqrt(1e-6 * 0.8) / np.sqrt(1.0 * 0.2)
    np.testing.assert_allclose(found[0, 1] / found[0, 0], odds)


@st.composite
def predictions(draw):
    """Weights, and of each model probabilities of two to five classes, some of them 0 and 1."""
    models, classes = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    given = random.dirichlet(np.full(classes, draw(st.sampled_from([0.05, 1.0]))), (models, 6))
    given[:, 0] = np.eye(classes)[0]
    return random.dirichlet(np.ones(models)), given.astype("float32")


@given(predictions(), st.sampled_from([0.5, 1.0, 2.0]))
@settings(deadline=None, max_examples=15)
def test_the_layer_averages_logarithms_as_numpy_does(both, temperature):
    weights, answers = both
    expected = apply_temperature(average(answers, weights, logarithms=True), temperature)
    layer = ProbabilityAverage(weights, logarithms=True)
    layer = ProbabilityAverage.from_config(layer.get_config())
    layer(list(answers))
    layer.set_temperature(temperature)
    np.testing.assert_allclose(layer(list(answers)), expected, atol=2e-5)
    if answers.shape[-1] == 2:
        single, columns = ProbabilityAverage(weights, logarithms=True), answers[..., 1:]
        pairs = np.concatenate([1 - columns, columns], axis=-1)
        expected = apply_temperature(average(pairs, weights, logarithms=True), temperature)
        single(list(columns))
        single.set_temperature(temperature)
        found = np.asarray(single(list(columns)))
        np.testing.assert_allclose(found[:, 0], expected[:, 1], atol=2e-5)


def test_a_layer_of_an_earlier_version_averages_probabilities():
    config = ProbabilityAverage([0.5, 0.5]).get_config()
    del config["logarithms"]
    layer = ProbabilityAverage.from_config(config)
    found = layer([np.array([[0.9, 0.1]], "float32"), np.array([[0.5, 0.5]], "float32")])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), [[0.7, 0.3]], atol=1e-6)


@pytest.mark.parametrize("kind", ["labels", "number"])
def test_logarithms_of_labels_and_numbers_are_refused(kind):
    with pytest.raises(SpaceError, match="of kind 'class' only"):
        ProbabilityAverage([1.0], kind, logarithms=True)


def noisy(labels, skill, seed, classes=3):
    logits = np.random.default_rng(seed).normal(size=(len(labels), classes))
    logits[np.arange(len(labels)), labels] += skill
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


@given(st.integers(0, 100), st.integers(1, 5), st.integers(1, 60))
@settings(deadline=None, max_examples=20)
def test_weights_are_hundredths_that_sum_to_one(seed, models, texts):
    labels = np.random.default_rng(seed).integers(0, 3, texts)
    found = fit_weights([noisy(labels, each / 2, seed + each) for each in range(models)], labels)
    assert found.sum() == pytest.approx(1)
    assert min(found[found > 0]) >= LEAST_WEIGHT - 0.01
    np.testing.assert_allclose(100 * found, np.round(100 * found))


def test_of_many_texts_a_better_model_weighs_more_and_of_few_all_nearly_the_same():
    labels = np.arange(3_000) % 3
    models = [noisy(labels, skill, seed) for seed, skill in enumerate((2.0, 1.0, 1.0))]
    many = fit_weights(models, labels)
    few = fit_weights([each[:12] for each in models], labels[:12])
    assert many[0] > 1.5 * many[1:].max()
    assert np.ptp(few) < 0.1 < np.ptp(many)


@pytest.mark.parametrize(("texts", "least", "most"), [(10, 0.8, 1.0), (20_000, 0.2, 0.4)])
def test_of_few_texts_a_leading_model_has_most_of_the_weight(texts, least, most):
    labels = np.arange(texts) % 3
    given = [noisy(labels, 2.0, seed) for seed in range(3)]
    assert least <= fit_weights(given, labels, leading=True)[0] <= most


def test_the_weights_are_better_than_equal_ones_and_than_each_model():
    labels = np.arange(2_000) % 3
    models = [noisy(labels, skill, seed) for seed, skill in enumerate((2.0, 1.0, 0.5))]
    fitted = calibrated_loss(labels, average(models, fit_weights(models, labels), True))
    equal = calibrated_loss(labels, average(models, np.full(3, 1 / 3), True))
    assert fitted < min(equal, *(calibrated_loss(labels, each) for each in models))


def test_a_model_that_knows_nothing_is_left_out():
    labels = np.arange(2_000) % 3
    found = fit_weights([noisy(labels, 2.0, 0), noisy(labels, 0.0, 1)], labels)
    assert found.tolist() == [1.0, 0.0]


def test_an_average_is_exported_again_only_if_it_averages_something_else():
    records = tuple(TrialRecord(name, "completed", {}) for name in ("0", "1"))
    made = Candidate(records, (0.5, 0.5), np.zeros((1, 2)), {}, logarithms=True)
    shares = {"0": 0.5, "1": 0.5}
    assert made.is_exported({"members": shares, "logarithms": True})
    assert not made.is_exported({"members": shares})  # Of an earlier version: of probabilities.
    assert not made.is_exported({})


def test_the_outcome_of_an_earlier_version_averages_probabilities():
    plan = SimpleNamespace(objective="accuracy")
    assert not Run("run", plan, outcome={"members": {"0": 0.5, "1": 0.5}}).logarithms
    assert Run("run", plan, outcome={"logarithms": True}).logarithms
