"""Naive Bayes as a linear model."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.naive_bayes import MultinomialNB

from attn_tuner.baselines.naive_bayes import SMOOTHING, fit_naive_bayes


def texts(rng, classes):
    rows = sparse.csr_matrix(rng.random((30, 8)) * (rng.random((30, 8)) > 0.5))
    return rows, np.arange(30) % classes


@pytest.mark.parametrize("classes", [2, 3])
def test_its_probabilities_are_those_of_scikit_learn(rng, classes):
    rows, labels = texts(rng, classes)
    weights = rng.random(30)
    expected = MultinomialNB(alpha=SMOOTHING).fit(rows, labels, weights).predict_proba(rows)
    found = fit_naive_bayes(rows, labels, classes, weights)(rows)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_class_that_no_text_has_is_never_the_answer(rng):
    rows, labels = texts(rng, 2)
    assert (fit_naive_bayes(rows, labels, 3)(rows)[:, 2] == 0).all()
    assert (fit_naive_bayes(rows, np.zeros(30, int), 2)(rows)[:, 1] == 0).all()
