"""Which texts are selected to be labelled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

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


def rows_of(count, columns=8, seed=0):
    random = np.random.default_rng(seed)
    rows = np.abs(random.normal(size=(count, columns)))
    return sparse.csr_matrix(rows / np.linalg.norm(rows, axis=1, keepdims=True))


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
    chosen = select(answers_of(random.random(count), classes), rows_of(count), n, "class", seed)
    assert len(chosen) == len(set(chosen.tolist())) == min(n, count)
    assert set(chosen.tolist()) <= set(range(count))


@pytest.mark.parametrize("kind", ["class", "labels"])
def test_texts_without_known_words_can_be_selected_too(kind):
    chosen = select(answers_of(np.full(40, 0.5)), sparse.csr_matrix((40, 4)), 3, kind)
    assert len(set(chosen.tolist())) == 3


def test_of_texts_that_are_alike_not_all_are_selected():
    # Forty unsure texts of one kind, and five that are a little surer, each of its own kind.
    rows = np.concatenate([np.tile(np.eye(6)[0], (40, 1)), np.eye(6)[1:]])
    answers = answers_of([1.0] * 40 + [0.9] * 5)
    for seed in range(5):
        chosen = select(answers, sparse.csr_matrix(rows), 5, "labels", seed)
        assert sum(place < 40 for place in chosen.tolist()) <= 1


def test_certain_texts_are_left_to_the_last():
    answers = answers_of([0.01] * 90 + [0.9] * 10)
    chosen = select(answers, rows_of(100), 5, "labels")
    assert (chosen >= 90).mean() >= 0.8


def test_each_predicted_class_is_selected_as_often_as_it_is_predicted():
    classes = np.arange(400) % 4 == 0
    # All of the less frequent class are less certain, and it would get all of the places.
    answers = answers_of(np.where(classes, 0.4, 0.2), classes)
    chosen = select(answers, rows_of(400), 20, "class")
    assert 5 <= classes[chosen].sum() <= 6  # The mean probability of the class is 0.275.


@pytest.mark.parametrize("kind", ["class", "labels"])
def test_one_text_alone_is_the_least_certain_whatever_its_class(kind):
    unsure = np.random.default_rng(4).random(50)
    classes = np.arange(50) % 5 == 0
    for seed in range(5):
        [chosen] = select(answers_of(unsure, classes), rows_of(50), 1, kind, seed)
        assert chosen == unsure.argmax()


def test_the_least_certain_texts_come_first():
    unsure = np.random.default_rng(2).random(60)
    chosen = select(answers_of(unsure), rows_of(60), 20, "class")
    assert (np.diff(unsure[chosen]) <= 0).all()


def test_one_seed_selects_the_same_texts_each_time():
    answers, rows = answers_of(np.random.default_rng(1).random(50)), rows_of(50)
    both = [select(answers, rows, 10, "class", 3).tolist() for _ in range(2)]
    assert both[0] == both[1]
