"""What probabilities are worth, by hand and against known cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from attn_tuner.errors import SpaceError
from attn_tuner.metrics import (
    MEASURES,
    OBJECTIVES,
    both_columns,
    direction,
    interval,
    measure,
)


def test_two_texts_by_hand():
    found = measure(np.array([0, 1]), np.array([[0.8, 0.2], [0.6, 0.4]]))
    assert found["accuracy"] == 0.5
    assert found["auc"] == 1.0
    assert found["f1_macro"] == pytest.approx((2 / 3 + 0) / 2)
    assert found["log_loss"] == pytest.approx(-(np.log(0.8) + np.log(0.4)) / 2)


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 5), st.integers(1, 30), st.integers(0, 2**31))
def test_every_measure_is_a_plain_number_in_its_range(classes, texts, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, texts)
    found = measure(labels, rng.dirichlet(np.ones(classes), texts))
    assert set(found) == set(MEASURES["class"])
    assert all(type(value) is float for value in found.values())
    assert 0 <= found["accuracy"] <= 1
    assert 0 <= found["f1_macro"] <= 1
    assert found["log_loss"] >= 0
    assert np.isnan(found["auc"]) if len(set(labels)) < 2 else 0 <= found["auc"] <= 1


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=9))
def test_one_column_says_what_two_say(column):
    column = np.array(column)[:, None]
    labels = np.arange(len(column)) % 2
    two = np.concatenate([1 - column, column], axis=1)
    assert measure(labels, column) == measure(labels, two)
    np.testing.assert_array_equal(both_columns(two), two)


def test_certain_and_wrong_is_a_large_loss_and_no_infinite_one():
    assert 10 < measure(np.array([0, 1]), np.array([[0.0, 1.0], [1.0, 0.0]]))["log_loss"] < 100


def test_a_class_that_nobody_has_does_not_spoil_the_others():
    labels = np.array([0, 2, 0, 2])
    found = measure(labels, np.eye(3)[labels])
    assert found["accuracy"] == found["auc"] == 1.0


def test_the_direction_of_each_objective_is_stated():
    assert {name: direction(name) for name in OBJECTIVES} == OBJECTIVES
    with pytest.raises(SpaceError, match="Did you mean 'accuracy'"):
        direction("acuracy")


def test_the_interval_of_a_share_holds_it_and_shrinks_with_more_texts():
    assert interval(0.9, 100) == pytest.approx((0.8256, 0.9448), abs=1e-4)  # Wilson, by hand.
    for accuracy in (0.0, 0.3, 1.0):
        few, many = interval(accuracy, 20), interval(accuracy, 2_000)
        bounds = np.array([few[0], many[0], accuracy, many[1], few[1]])
        assert (np.diff(bounds) >= -1e-12).all()
    assert interval(0.0, 0) == (0.0, 1.0)


def test_the_areas_of_all_classes_are_those_of_each_alone():
    random = np.random.default_rng(0)
    labels = random.integers(0, 40, 300)
    scores = np.round(random.dirichlet(np.ones(40), 300), 2)  # Many are equal.
    expected = [metrics.roc_auc_score(labels == c, scores[:, c]) for c in np.unique(labels)]
    bounded = np.clip(scores, 1e-7, 1)
    bounded /= bounded.sum(axis=1, keepdims=True)
    assert measure(labels, scores, {"auc"})["auc"] == pytest.approx(
        np.mean([metrics.roc_auc_score(labels == c, bounded[:, c]) for c in np.unique(labels)])
    )
    truth = np.stack([labels == c for c in range(40)], axis=1)
    assert measure(truth.astype("uint8"), scores, {"auc"})["auc"] == pytest.approx(
        np.mean(expected)
    )
