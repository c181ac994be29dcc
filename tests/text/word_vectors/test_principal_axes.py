"""The columns of word vectors: their order, and their number."""

import numpy as np
import pytest

from attn_tuner.text.word_vectors.principal_axes import by_importance, with_width
from attn_tuner.text.word_vectors.read_file import ReadVectors
from attn_tuner.text.word_vectors.train import STANDARD_DEVIATION

ROWS = np.arange(2, 202)


@pytest.fixture
def table():
    """Vectors that vary by 1, 2, 3 and 4 along four axes that are no columns."""
    generator = np.random.default_rng(0)
    axes, _ = np.linalg.qr(generator.normal(size=(4, 4)))
    rows = generator.normal(size=(250, 4))
    rows[ROWS] -= rows[ROWS].mean(axis=0)
    scale = np.linalg.cholesky(np.cov(rows[ROWS], rowvar=False, bias=True))
    rows = rows @ np.linalg.inv(scale).T * np.arange(1, 5) @ axes
    rows[0] = 0.0
    return rows.astype("float32")


def test_the_first_columns_vary_most(table):
    rotated, variances = by_importance(table, ROWS)
    np.testing.assert_allclose(variances, [16, 9, 4, 1], rtol=1e-4)
    np.testing.assert_allclose(rotated[ROWS].var(axis=0), variances, rtol=1e-3)
    np.testing.assert_allclose(rotated @ rotated.T, table @ table.T, atol=1e-2)


def test_only_words_that_have_a_vector_decide_which_columns_stay(table):
    vectors, kept = with_width(ReadVectors(table, ROWS), 2, seed=0)
    assert kept == pytest.approx(25 / 30, rel=1e-4)
    assert vectors.shape == (250, 2)
    assert vectors[ROWS].std() == pytest.approx(STANDARD_DEVIATION, rel=1e-3)
    deviations = vectors[ROWS].std(axis=0)
    assert deviations[0] / deviations[1] == pytest.approx(4 / 3, rel=1e-3)


def test_missing_columns_are_drawn_and_leave_padding_at_zero(table):
    vectors, kept = with_width(ReadVectors(table, ROWS), 6, seed=1)
    assert (vectors.shape, kept) == ((250, 6), 1.0)
    assert not vectors[0].any()
    assert vectors[2:, 4:].std() == pytest.approx(vectors[:, 3].std(), rel=0.2)
    np.testing.assert_array_equal(vectors, with_width(ReadVectors(table, ROWS), 6, seed=1)[0])


@pytest.mark.parametrize("rows", [[2], [2, 3]])
def test_vectors_that_do_not_differ_stay_finite(rows):
    vectors, kept = with_width(ReadVectors(np.zeros((5, 4), "float32"), np.array(rows)), 2, 0)
    assert not vectors.any()
    assert 0 <= kept <= 1
