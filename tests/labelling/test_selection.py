"""Which texts are selected to be labelled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.labelling.selection import select, uncertainty


def test_a_text_between_two_classes_is_the_least_certain():
    certain, between = [0.98, 0.01, 0.01], [0.5, 0.49, 0.01]
    found = uncertainty(np.array([[certain, between]]), "class")
    np.testing.assert_allclose(found, [0.03, 0.99])


def test_members_that_contradict_each_other_are_unsure_together():
    agreed = np.array([[[0.9, 0.1]], [[0.9, 0.1]]])
    contradicting = np.array([[[0.9, 0.1]], [[0.1, 0.9]]])
    assert uncertainty(contradicting, "class")[0] == pytest.approx(1.0)
    assert uncertainty(agreed, "class")[0] == pytest.approx(0.2)


def test_of_several_labels_the_least_certain_one_counts():
    found = uncertainty(np.array([[[0.99, 0.01, 0.02], [0.99, 0.5, 0.01]]]), "labels")
    np.testing.assert_allclose(found, [0.04, 1.0])


def test_a_single_model_of_numbers_is_refused_and_several_are_compared():
    with pytest.raises(DataError, match="single model of numbers"):
        uncertainty(np.zeros((1, 3, 1)), "number")
    found = uncertainty(np.array([[[1.0], [2.0]], [[1.0], [4.0]]]), "number")
    np.testing.assert_allclose(found, [0.0, 1.0])


def points_of(count, seed=0):
    points = np.random.default_rng(seed).normal(size=(count, 8))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def selected(answers, n, kind, seed=0):
    """Selects among texts in random directions, beside ten that have a label."""
    points = points_of(answers.shape[1] + 10, seed)
    return select(answers, points[10:], points[:10], n, kind, seed)


def answers_of(unsure, classes=None):
    """Answers of one model of two classes that is so unsure of each text."""
    top = 1 - np.asarray(unsure, float) / 2
    classes = np.zeros(len(top), int) if classes is None else np.asarray(classes)
    first = np.where(classes == 0, top, 1 - top)
    return np.stack([first, 1 - first], axis=1)[None]


@given(st.integers(1, 30), st.integers(1, 40), st.integers(0, 3), st.booleans())
def test_as_many_different_texts_as_asked_are_selected_as_far_as_there_are(count, n, seed, mixed):
    random = np.random.default_rng(seed)
    classes = random.integers(0, 2, count) if mixed else None
    chosen = selected(answers_of(random.random(count), classes), n, "class", seed)
    assert len(chosen) == len(set(chosen.tolist())) == min(n, count)
    assert set(chosen.tolist()) <= set(range(count))


@pytest.mark.parametrize("kind", ["class", "labels"])
def test_texts_that_look_all_alike_can_be_selected_too(kind):
    chosen = select(answers_of(np.full(40, 0.5)), np.ones((40, 1)), np.ones((9, 1)), 3, kind)
    assert len(set(chosen.tolist())) == 3


def test_of_many_uncertain_texts_that_look_alike_several_are_selected():
    # Forty texts of unknown words, say, beside forty each of its own kind.
    points = np.concatenate([np.tile(np.eye(41)[0], (40, 1)), np.eye(41)[1:]])
    for seed in range(5):
        answers = answers_of([1.0] * 40 + [0.8] * 40)
        chosen = select(answers, points, np.eye(41)[:1], 20, "labels", seed)
        assert 3 <= sum(place < 40 for place in chosen.tolist()) <= 17


def test_certain_texts_are_left_to_the_last():
    answers = answers_of([0.01] * 90 + [0.9] * 10)
    chosen = selected(answers, 5, "labels")
    assert (chosen >= 90).mean() >= 0.8


def test_each_predicted_class_is_selected_as_often_as_it_is_predicted():
    classes = np.arange(400) % 4 == 0
    # All of the less frequent class are less certain, and it would get all of the places.
    answers = answers_of(np.where(classes, 0.4, 0.2), classes)
    chosen = selected(answers, 20, "class")
    assert 5 <= classes[chosen].sum() <= 6  # The mean probability of the class is 0.275.


@pytest.mark.parametrize("kind", ["class", "labels"])
def test_one_text_alone_is_the_least_certain_whatever_its_class(kind):
    unsure = np.random.default_rng(4).random(50)
    classes = np.arange(50) % 5 == 0
    for seed in range(5):
        [chosen] = selected(answers_of(unsure, classes), 1, kind, seed)
        assert chosen == unsure.argmax()


def test_the_least_certain_texts_come_first():
    unsure = np.random.default_rng(2).random(60)
    chosen = selected(answers_of(unsure), 20, "class")
    assert (np.diff(unsure[chosen]) <= 0).all()


def test_one_seed_selects_the_same_texts_each_time():
    answers = answers_of(np.random.default_rng(1).random(50))
    both = [selected(answers, 10, "class", 3).tolist() for _ in range(2)]
    assert both[0] == both[1]
