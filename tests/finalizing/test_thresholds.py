"""Thresholds for F1, by hand and on any probabilities, and the models that they move."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from attn_tuner.errors import SpaceError
from attn_tuner.finalizing.calibration import apply_temperature, set_temperature
from attn_tuner.finalizing.ensemble import ensemble_model
from attn_tuner.finalizing.thresholds import (
    apply_thresholds,
    choose_thresholds,
    move_logits,
    threshold_for_f1,
)
from attn_tuner.hypermodel import AttentionHyperModel

SMALL = {"embedding_dim": 4, "encoder.bigru.units": 3, "head.additive.units": 2}


def test_the_threshold_of_a_worked_example():
    probabilities = np.array([[0.9], [0.4], [0.3], [0.2]])
    threshold, f1 = threshold_for_f1([1, 1, 0, 0], probabilities)
    assert (threshold, f1) == (pytest.approx(0.35), 1.0)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9])), min_size=1),
    st.booleans(),
)
@settings(deadline=None, max_examples=100)
def test_no_other_threshold_has_a_higher_f1(rows, macro):
    labels, sure = (np.array(column) for column in zip(*rows, strict=True))
    average = {"average": "macro", "labels": [0, 1]} if macro else {}

    def f1(threshold):
        return f1_score(labels, (sure >= threshold).astype(int), zero_division=0, **average)

    threshold, found = threshold_for_f1(labels, sure[:, None], macro)
    assert found == pytest.approx(f1(threshold))
    assert found >= max(f1(other) for other in (0.0, 0.2, 0.4, 0.6, 0.8)) - 1e-9


def test_a_threshold_among_three_classes_is_refused():
    with pytest.raises(SpaceError, match="between two classes; got 3"):
        threshold_for_f1([0, 1, 2], np.eye(3))


def rare(seed, texts=1000, share=0.1):
    """A rare class, and honest probabilities of it that seldom reach one half."""
    random = np.random.default_rng(seed)
    sure = random.beta(0.6, 0.6 * (1 / share - 1), texts)
    return (random.random(texts) < sure).astype("int64"), sure[:, None]


def test_a_rare_class_is_answered_sooner():
    labels, sure = rare(0)
    found = choose_thresholds(labels, sure, "f1_macro")
    assert found.at[0] < 0.5
    assert found.after > found.before
    other_labels, other = rare(1)
    moved = apply_thresholds(other, found.at) >= 0.5
    better, usual = (
        f1_score(other_labels, each, average="macro") for each in (moved, other >= 0.5)
    )
    assert better > usual


@pytest.mark.parametrize("objective", ["accuracy", "auc", "log_loss"])
def test_other_objectives_leave_the_probabilities_alone(objective):
    assert choose_thresholds(*rare(0), objective) is None


def test_probabilities_that_tell_nothing_get_no_threshold():
    random = np.random.default_rng(3)
    labels = random.integers(0, 2, 600)
    assert choose_thresholds(labels, random.random((600, 1)), "f1_macro") is None


def test_few_texts_and_three_classes_get_none():
    labels, sure = rare(0, texts=30)
    assert choose_thresholds(labels, sure, "f1_macro") is None
    three = np.arange(90) % 3
    assert choose_thresholds(three, np.eye(3)[three], "f1_macro") is None


@pytest.mark.parametrize(("objective", "different"), [("f1_macro", 2), ("f1_micro", 1)])
def test_labels_have_a_threshold_each_for_macro_f1_and_one_together_for_micro(objective, different):
    (one, sure), (other, also) = rare(0, share=0.1), rare(1, share=0.3)
    labels = np.stack([one, other], axis=1)
    found = choose_thresholds(labels, np.concatenate([sure, also], axis=1), objective)
    assert len(found.at) == 2
    assert len(set(found.at)) == different


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
@settings(deadline=None, max_examples=60)
def test_what_reaches_the_threshold_reaches_one_half(threshold, sure):
    moved = apply_thresholds(np.array([[1 - sure, sure]]), (threshold,))
    assert moved.sum() == pytest.approx(1)
    if abs(sure - threshold) > 1e-6:
        assert (moved[0, 1] >= 0.5) == (sure >= threshold)


@pytest.mark.parametrize("task", [None, "multilabel"])
@pytest.mark.parametrize("joined", [False, True])
def test_a_model_whose_logits_were_moved_gives_the_moved_probabilities(task, joined):
    hypermodel = AttentionHyperModel(vocabulary_size=30, classes=2, task=task)
    model = hypermodel.model(SMALL)
    kind = "labels" if task else "class"
    if joined:
        model = ensemble_model([model, hypermodel.model(SMALL)], [2, 1], kind)
    ids = np.random.default_rng(0).integers(1, 30, (5, 9)).astype("int32")
    thresholds = (0.2, 0.6) if task else (0.3,)
    before = apply_temperature(model.predict(ids, verbose=0), 2.0, kind)
    expected = apply_thresholds(before, thresholds)
    set_temperature(model, 2.0)
    move_logits(model, np.log(np.array(thresholds) / (1 - np.array(thresholds))))
    found = model.predict(ids, verbose=0)
    np.testing.assert_allclose(found, expected if task else expected[:, 1:], atol=1e-5)


def test_a_model_of_several_classes_is_not_moved():
    hypermodel = AttentionHyperModel(vocabulary_size=30, classes=3)
    model = hypermodel.model(SMALL)
    with pytest.raises(SpaceError, match="with sigmoid and a bias"):
        move_logits(model, np.zeros(3))
    both = ensemble_model([model, keras.models.clone_model(model)], [1, 1])
    with pytest.raises(SpaceError, match="'class' with 3 columns"):
        move_logits(both, np.zeros(3))
