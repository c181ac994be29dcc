"""Selecting members by hand and on any probabilities; composing them into one model."""

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attn_tuner.attention import attention_model
from attn_tuner.errors import SpaceError
from attn_tuner.finalizing.calibration import apply_temperature, calibrated_loss
from attn_tuner.finalizing.ensemble import (
    combine_members,
    ensemble_generalizes,
    ensemble_model,
    select_members,
)
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.layers.probability_average import ProbabilityAverage
from attn_tuner.metrics import measure

SMALL = {"embedding_dim": 4, "encoder.bigru.units": 3, "head.additive.units": 2}


def columns(*of_class_one):
    of_class_one = np.array(of_class_one)
    return np.stack([1 - of_class_one, of_class_one], axis=1)


@st.composite
def libraries(draw):
    texts, models = draw(st.integers(1, 30)), draw(st.integers(1, 6))
    classes = draw(st.integers(2, 4))
    generator = np.random.default_rng(draw(st.integers(0, 1000)))
    labels = generator.integers(0, classes, texts)
    noise = generator.random((models, texts, classes)) + 1e-6
    noise[:, np.arange(texts), labels] += generator.random((models, 1))
    return labels, list(noise / noise.sum(axis=2, keepdims=True))


@given(libraries(), st.sampled_from(["accuracy", "f1_macro", "log_loss"]), st.integers(1, 4))
@settings(deadline=None, max_examples=20)
def test_an_ensemble_is_never_worse_than_the_best_single_model(library, objective, most):
    labels, probabilities = library
    found = select_members(probabilities, labels, objective, most=most, bags=3, rounds=8)
    sign = -1 if objective == "log_loss" else 1

    def rated(answers):
        """A log loss counts at the temperature that suits the answers best."""
        if objective == "log_loss":
            return calibrated_loss(labels, answers)
        return measure(labels, answers)[objective]

    best = max(sign * rated(each) for each in probabilities)
    assert sign * found.score >= best - 1e-9
    assert sign * found.single_score == pytest.approx(best)
    assert found.gain >= 0
    assert 1 <= len(found.members) <= most
    assert len(set(found.members)) == len(found.members)
    assert min(found.weights) > 0
    assert sum(found.weights) == pytest.approx(1)
    mixed = combine_members(probabilities, found)
    assert rated(mixed) == pytest.approx(found.score)
    np.testing.assert_allclose(mixed.sum(axis=1), 1)


def test_two_models_that_err_on_different_texts_are_joined():
    labels = np.array([1, 1, 0, 0])
    sure = columns(0.9, 0.45, 0.1, 0.4)  # Wrong on the second text.
    other = columns(0.45, 0.9, 0.4, 0.1)  # Wrong on the first.
    found = select_members([sure, other], labels)
    assert sorted(found.members) == [0, 1]
    assert (found.single_score, found.score) == (0.75, 1.0)


def test_a_model_that_is_right_alone_stays_alone():
    labels = np.array([1, 0, 1, 0])
    found = select_members([columns(0.3, 0.6, 0.4, 0.7), columns(1.0, 0.0, 1.0, 0.0)], labels)
    assert (found.members, found.weights, found.gain) == ((1,), (1.0,), 0.0)


def test_a_better_model_weighs_more():
    labels = np.arange(400) % 2
    good, poor = noisy(labels, 1.0, 0), noisy(labels, 0.5, 1)
    found = select_members([poor, good], labels, "log_loss")
    assert found.members[0] == 1
    assert found.weights[0] >= 0.5


def test_selection_is_the_same_for_the_same_seed_and_takes_single_columns():
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 60)
    models = [np.clip(labels + rng.normal(0, 0.7, 60), 0.01, 0.99)[:, None] for _ in range(5)]
    assert select_members(models, labels, seed=4) == select_members(models, labels, seed=4)


def test_answers_to_other_texts_are_refused():
    with pytest.raises(SpaceError, match="answered the same texts"):
        select_members([np.ones((3, 2)) / 2, np.ones((4, 2)) / 2], np.zeros(3, int))


@pytest.mark.parametrize("classes", [2, 3])
def test_an_ensemble_model_averages_its_members_and_finds_all_their_heads(classes, tmp_path):
    hypermodel = AttentionHyperModel(vocabulary_size=30, classes=classes)
    cuts = ({"max_length": 64}, {"max_length": 4, "truncation": "tail", "head": "max"})
    models = [hypermodel.model({**SMALL, **cut}) for cut in cuts]
    ids = np.random.default_rng(0).integers(1, 30, (5, 9)).astype("int32")
    ids[1:, 6:] = 0
    joined = ensemble_model(models, [3, 1])
    expected = 0.75 * models[0].predict(ids, verbose=0) + 0.25 * models[1].predict(ids, verbose=0)
    np.testing.assert_allclose(joined.predict(ids, verbose=0), expected, atol=1e-6)
    assert joined.layers[-1].name == "probabilities"
    shapes = {name: rows.shape for name, rows in attention_model(joined).predict(ids).items()}
    assert sorted(shapes.values()) == [(5, 1, 4), (5, 1, 9)]
    assert all(name.startswith("member_") for name in shapes)
    joined.save(tmp_path / "joined.keras")
    again = keras.models.load_model(tmp_path / "joined.keras")
    np.testing.assert_allclose(again.predict(ids, verbose=0), expected, atol=1e-6)


def test_members_keep_their_own_weights():
    hypermodel = AttentionHyperModel(vocabulary_size=30, classes=2)
    model = hypermodel.model(SMALL)
    ids = np.array([[3, 4, 5]], "int32")
    joined = ensemble_model([model], [1.0])
    before = joined.predict(ids, verbose=0)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    np.testing.assert_allclose(joined.predict(ids, verbose=0), before)


def test_members_of_other_shapes_and_missing_weights_are_refused():
    two, three = (
        AttentionHyperModel(vocabulary_size=30, classes=classes).model(SMALL) for classes in (2, 3)
    )
    with pytest.raises(SpaceError, match="share input and output shapes"):
        ensemble_model([two, three], [1, 1])
    with pytest.raises(SpaceError, match="one weight for each model"):
        ensemble_model([two], [1, 1])
    with pytest.raises(SpaceError, match="sum to 1"):
        ProbabilityAverage([0.5, 0.4])


def noisy(labels, skill, seed):
    """Probabilities of class 1 that lean to the truth, each text with noise of its own."""
    noise = np.random.default_rng(seed).normal(size=len(labels))
    return columns(*(1 / (1 + np.exp(-(skill * (2 * labels - 1) + noise)))))


def test_an_average_of_equals_that_err_apart_holds_on_texts_that_did_not_choose_it():
    labels = np.arange(400) % 2
    assert ensemble_generalizes(
        [noisy(labels, 0.8, seed) for seed in range(5)], labels, "accuracy", 5
    )


def test_an_average_with_what_is_worse_or_the_same_does_not_hold():
    labels = np.arange(400) % 2
    good = noisy(labels, 2.0, 0)
    assert not ensemble_generalizes([good, good], labels)
    assert not ensemble_generalizes(
        [good, *(noisy(labels, 0.0, seed) for seed in (1, 2, 3))], labels, "log_loss"
    )
    assert not ensemble_generalizes([good[:4], good[:4]], labels[:4])


@pytest.mark.parametrize("objective", ["f1_micro", "rmse"])
def test_labels_and_numbers_are_averaged_too(objective):
    draw = np.random.default_rng(0)
    if objective == "rmse":
        labels = draw.normal(size=200)
        answers = [(labels + draw.normal(size=200))[:, None] for _ in range(4)]
    else:
        labels = draw.integers(0, 2, (200, 3)).astype("uint8")
        answers = [np.clip(labels + draw.normal(0, 0.7, (200, 3)), 0, 1) for _ in range(4)]
    assert ensemble_generalizes(answers, labels, objective)
    found = select_members(answers, labels, objective)
    mixed = combine_members(answers, found)
    assert measure(labels, mixed)[objective] == pytest.approx(found.score)


@pytest.mark.parametrize(("kind", "temperature"), [("labels", 0.5), ("number", 1.0)])
def test_an_average_of_labels_or_numbers_is_one_model(kind, temperature):
    average = ProbabilityAverage((0.25, 0.75), kind)
    one, two = np.array([[0.2, 0.9, 0.5]], "float32"), np.array([[0.6, 0.1, 0.5]], "float32")
    average([one, two])
    average.set_temperature(temperature)
    mixed = 0.25 * one + 0.75 * two
    expected = apply_temperature(mixed, temperature, "labels") if kind == "labels" else mixed
    np.testing.assert_allclose(np.asarray(average([one, two])), expected, atol=1e-6)
    again = ProbabilityAverage.from_config(average.get_config())
    assert again.kind == kind


def test_a_companion_joins_but_never_stands_alone():
    labels = np.array([0, 1, 0, 1])
    poor, perfect = columns(0.4, 0.6, 0.6, 0.4), columns(0.1, 0.9, 0.1, 0.9)
    assert select_members([poor, perfect], labels).members == (1,)
    found = select_members([poor, perfect], labels, companions=1)
    assert found.single == 0
    assert set(found.members) == {0, 1}
    assert found.score == 1.0
    assert found.single_score == 0.5


def test_a_companion_that_only_harms_is_left_out():
    labels = np.array([0, 1, 0, 1])
    good, wrong = columns(0.4, 0.6, 0.4, 0.6), columns(0.9, 0.1, 0.9, 0.1)
    assert select_members([good, wrong], labels, companions=1).members == (0,)


def test_a_companion_that_is_far_better_gets_nearly_all_the_weight():
    labels = np.arange(400) % 2
    weak, strong = noisy(labels, 0.3, 0), noisy(labels, 2.0, 1)
    found = select_members([weak, strong], labels, companions=1)
    assert found.members[0] == 1
    assert found.score >= measure(labels, strong)["accuracy"] - 0.005
    assert ensemble_generalizes([weak, strong], labels, companions=1)


def test_where_one_model_may_join_a_companion_it_is_the_one_that_helps_most():
    labels = np.arange(2_000) % 2
    companion, other = noisy(labels, 1.0, 0), noisy(labels, 0.95, 1)
    alike = 0.98 * companion + 0.02 * columns(*labels)
    accuracy = [measure(labels, each)["accuracy"] for each in (alike, other)]
    assert accuracy[0] > accuracy[1]
    found = select_members([alike, other, companion], labels, most=1, companions=1)
    assert set(found.members) == {1, 2}
    assert ensemble_generalizes([alike, other, companion], labels, most=1, companions=1)


@given(libraries(), st.integers(1, 3))
@settings(deadline=None, max_examples=20)
def test_companions_do_not_count_among_the_models_that_are_selected(library, most):
    labels, probabilities = library
    assume(len(probabilities) > 1)
    found = select_members(probabilities, labels, most=most, bags=3, rounds=8, companions=1)
    own = [each for each in found.members if each < len(probabilities) - 1]
    assert 1 <= len(own) <= most


def many_shares(labels, classes, skill, seed):
    """Softmax of noise that leans to the truth, of a model that is far too sure of itself."""
    logits = np.random.default_rng(seed).normal(size=(len(labels), classes))
    logits[np.arange(len(labels)), labels] += skill
    powers = np.exp(4 * logits)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("objective", ["accuracy", "log_loss"])
def test_a_model_that_only_flattens_is_no_member(objective):
    labels = np.arange(600) % 30
    good = many_shares(labels, 30, 1.5, 0)
    ignorant = np.full((600, 30), 1 / 30) + many_shares(labels, 30, 0.0, 1) / 1_000
    ignorant /= ignorant.sum(axis=1, keepdims=True)
    flattened = 0.75 * good + 0.25 * ignorant
    assert measure(labels, flattened)["log_loss"] < measure(labels, good)["log_loss"]
    assert select_members([good, ignorant], labels, objective).members == (0,)
