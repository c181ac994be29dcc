"""The linear model of n-grams that every search has to beat."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from attn_tuner import linear
from attn_tuner.linear import PENALTIES, WEIGHTINGS, fit


def rows_of(table):
    return sparse.csr_matrix(np.array(table, "float64"))


def test_ratios_say_how_much_more_often_an_ngram_is_in_one_class():
    rows = rows_of([[0.5, 0, 0.9], [0.1, 0.2, 0], [0, 0.7, 0]])
    found = WEIGHTINGS["ratios"](rows, np.array([True, True, False]))
    # One each is added: 3, 2 and 2 of 7 in the class, 1, 2 and 1 of 4 outside.
    expected = np.log(np.array([3, 2, 2]) / 7) - np.log(np.array([1, 2, 1]) / 4)
    np.testing.assert_allclose(found, expected)


def test_ratios_of_a_class_and_of_the_rest_are_opposite(rng):
    rows = rows_of(rng.random((20, 5)) > 0.5)
    target = rng.random(20) > 0.5
    one, other = (WEIGHTINGS["ratios"](rows, each) for each in (target, ~target))
    np.testing.assert_allclose(one, -other)


def rare_signs(rng, texts=300, noise=200):
    """Texts with one sign of their class, each sign rare, among words that say nothing."""
    labels = np.arange(texts) % 2
    table = (rng.random((texts, noise + 40)) < 0.15).astype("float64")
    table[:, noise:] = 0
    table[np.arange(texts), noise + 2 * rng.integers(0, 20, texts) + labels] = 1
    return rows_of(table / np.linalg.norm(table, axis=1, keepdims=True)), labels


def test_where_rare_ngrams_tell_the_class_they_are_weighed_by_ratios(rng):
    rows, labels = rare_signs(rng)
    found = fit(rows[:200], labels[:200], 2)
    plain = linear._fitted(rows[:200], labels[:200], 2, "plain", found.penalty, 0)
    right, plainly = (np.mean(m(rows[200:]).argmax(axis=1) == labels[200:]) for m in (found, plain))
    assert found.weighting == "ratios"
    assert right > plainly


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 5), st.integers(1, 30), st.integers(0, 1000))
def test_answers_are_shares_whatever_classes_the_texts_have(classes, texts, seed):
    random = np.random.default_rng(seed)
    rows = rows_of(random.random((texts, 6)) * (random.random((texts, 6)) > 0.5))
    labels = random.integers(0, classes, texts)
    answers = fit(rows, labels, classes)(rows)
    assert answers.shape == (texts, classes)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert not answers[:, np.setdiff1d(np.arange(classes), labels)].any()


def test_a_label_that_every_text_has_is_certain(rng):
    rows = rows_of(rng.random((30, 4)))
    labels = np.stack([np.ones(30), rng.random(30) > 0.5], axis=1).astype("int8")
    assert (fit(rows, labels, 2)(rows)[:, 0] == 1).all()


def test_numbers_are_numbers(rng):
    table = rng.random((80, 4))
    wanted = (table @ [1.0, -2.0, 0.5, 0.0] + 3).astype("float32")
    found = fit(rows_of(table), wanted, 1)
    assert found.weighting == "plain"
    np.testing.assert_allclose(found(rows_of(table))[:, 0], wanted, atol=0.05)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_a_row_without_ngrams_gets_the_answer_of_the_bias(rng, weighting):
    rows, labels = rare_signs(rng)
    model = linear._fitted(rows, labels, 2, weighting, 4.0, 0)
    empty = model(rows_of(np.zeros((1, rows.shape[1]))))
    np.testing.assert_allclose(empty[0, 1], 1 / (1 + np.exp(-model.bias[0])))


def test_penalties_are_tried_from_the_strongest_until_they_stop_helping():
    assert list(PENALTIES) == sorted(PENALTIES)
