"""The answers of a linear model beside those of an average."""

import numpy as np
import pytest
from scipy import sparse

from attn_tuner.labelling.linear_answers import with_linear_model

KNOWN = sparse.csr_matrix(np.eye(3)[[0, 0, 1, 1, 2, 2]])


@pytest.mark.parametrize(
    ("kind", "labels"),
    [("class", [0, 0, 1, 1, 2, 2]), ("labels", np.eye(3, dtype="uint8")[[0, 0, 1, 1, 2, 2]])],
)
def test_the_linear_model_counts_as_much_as_all_members_together(kind, labels):
    members = np.full((4, 3, 3), 1 / 3)
    found = with_linear_model(members, sparse.eye(3).tocsr(), KNOWN, np.asarray(labels), kind)
    assert found.shape == (8, 3, 3)
    np.testing.assert_array_equal(found[:4], members)
    np.testing.assert_array_equal(found[4:], found[[4] * 4])
    np.testing.assert_array_equal(found[4].argmax(axis=1), [0, 1, 2])


def test_answers_that_are_numbers_stay_as_they_are():
    members = np.random.default_rng(0).normal(size=(2, 3, 1))
    assert (
        with_linear_model(members, sparse.eye(3).tocsr(), KNOWN, np.zeros(6), "number") is members
    )
