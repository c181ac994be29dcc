"""How much the label of one text would say of others."""

import numpy as np
import pytest
from scipy import sparse

from attn_tuner.labelling.variance import PRECISION, VarianceReduction, components


def test_the_text_is_taken_whose_label_reduces_the_variances_of_uncertain_answers_most():
    random = np.random.default_rng(0)
    points, labelled = random.normal(size=(12, 3)), random.normal(size=(4, 3))
    unsure = random.random(12)
    precision = np.eye(3) + PRECISION * labelled.T @ labelled

    def variances(matrix):
        covariance = np.linalg.inv(matrix)
        return sum(u * z @ covariance @ z for u, z in zip(unsure, points, strict=True))

    left = [variances(precision + u * np.outer(z, z)) for u, z in zip(unsure, points, strict=True)]
    first, second = VarianceReduction(points, labelled, unsure).take(np.arange(12), 2)
    assert first == np.argmin(left)
    precision += unsure[first] * np.outer(points[first], points[first])
    left = [variances(precision + u * np.outer(z, z)) for u, z in zip(unsure, points, strict=True)]
    assert second == np.argmin(np.where(np.arange(12) == first, np.inf, left))


def test_a_text_like_many_goes_before_one_like_none_unless_such_texts_have_labels():
    points = np.eye(2)[[0, 0, 0, 1]]
    for labelled, best in ((np.zeros((1, 2)), {0, 1, 2}), (np.eye(2)[[0] * 20], {3})):
        [taken] = VarianceReduction(points, labelled, np.ones(4)).take(np.arange(4), 1)
        assert taken in best


def test_of_texts_that_are_alike_not_all_are_taken():
    points = np.concatenate([np.tile(np.eye(6)[0], (5, 1)), np.eye(6)[1:]])
    taken = VarianceReduction(points, np.zeros((1, 6)), np.ones(10)).take(np.arange(10), 7)
    assert sum(taken < 5) == 2


def test_only_texts_at_the_places_given_are_taken_and_none_twice():
    reduction = VarianceReduction(np.eye(9), np.eye(9), np.zeros(9))
    assert sorted(reduction.take(np.array([2, 5, 7]), 5)) == [2, 5, 7]
    assert not len(reduction.take(np.array([2, 5]), 0))


def test_components_have_length_one_and_tell_texts_of_other_words_apart():
    rows = sparse.csr_matrix(np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1.0]]))
    found = components(rows)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0)
    assert found[0] @ found[1] == pytest.approx(1.0)
    assert found[0] @ found[2] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("shape", [(3, 1), (1, 5), (4, 6)])
def test_texts_without_known_words_have_components_too(shape):
    assert np.isfinite(components(sparse.csr_matrix(shape))).all()
