"""Answers of several models are joined by what each of them is worth."""

import numpy as np
import pytest

from attn_tuner.baselines.stacking import stack

EVERY = np.arange(400)


def answers(labels, classes, right, sure):
    """Probabilities of a model that is right as often as told, and always equally sure."""
    random = np.random.default_rng(len(labels) + int(100 * right))
    wrong = (labels + random.integers(1, classes, len(labels))) % classes
    chosen = np.where(random.random(len(labels)) < right, labels, wrong)
    found = np.full((len(labels), classes), (1 - sure) / (classes - 1))
    found[np.arange(len(labels)), chosen] = sure
    return found


@pytest.mark.parametrize("classes", [2, 3])
def test_a_model_that_is_often_right_outvotes_one_that_is_too_sure(classes):
    labels = EVERY % classes
    good, loud = answers(labels, classes, 0.9, 0.6), answers(labels, classes, 0.4, 0.99)
    found = stack([good, loud], labels, EVERY)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert (found.argmax(axis=1) == good.argmax(axis=1)).mean() > 0.95
    assert (np.mean([good, loud], axis=0).argmax(axis=1) == loud.argmax(axis=1)).all()


def test_its_probabilities_are_about_as_often_right_as_they_say():
    labels = EVERY % 2
    found = stack([answers(labels, 2, 0.8, 0.99)] * 2, labels, EVERY)
    right = (found.argmax(axis=1) == labels).mean()
    assert abs(found.max(axis=1).mean() - right) < 0.03


def test_of_a_class_without_texts_the_probability_is_nought():
    labels = EVERY % 2
    found = stack([np.full((400, 3), 1 / 3)] * 2, labels, EVERY)
    assert (found[:, 2] == 0).all()


def test_where_all_texts_are_of_one_class_the_mean_is_taken():
    first, second = np.full((5, 2), 0.5), np.tile([0.9, 0.1], (5, 1))
    found = stack([first, second], np.zeros(5, int), np.arange(5))
    np.testing.assert_allclose(found, np.tile([0.7, 0.3], (5, 1)))
