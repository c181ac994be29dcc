"""The errors of leaving one row out are those of fits without the row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.baselines.series.ridge import fit_ridge


def solved(rows, targets, penalty):
    """Weights and bias from the normal equations, with an unpenalised bias."""
    mean, middle = rows.mean(axis=0), targets.mean(axis=0)
    centred = rows - mean
    gram = centred.T @ centred + penalty * np.eye(rows.shape[1])
    weights = np.linalg.solve(gram, centred.T @ (targets - middle))
    return weights, middle - mean @ weights


@pytest.mark.parametrize("shape", [(12, 4), (5, 9)], ids=["tall", "wide"])
@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), penalty=st.sampled_from([0.01, 1.0, 100.0]))
def test_a_row_left_out_is_predicted_by_the_others(shape, seed, penalty):
    draw = np.random.default_rng(seed)
    rows, targets = draw.normal(size=shape), draw.normal(size=(shape[0], 2))
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)  # The columns are standardized once.
    fitted = fit_ridge(rows, targets, [penalty])
    weights, bias = solved(rows, targets, penalty)
    np.testing.assert_allclose(fitted(rows), rows @ weights + bias, atol=1e-8)
    for row in range(shape[0]):
        others = np.arange(shape[0]) != row
        weights, bias = solved(rows[others], targets[others], penalty)
        np.testing.assert_allclose(fitted.held_out[row], rows[row] @ weights + bias, atol=1e-7)


def test_noise_gets_the_greatest_penalty_and_a_line_the_least():
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(40, 30))
    line = rows @ draw.normal(size=(30, 1)) + 3.0
    assert fit_ridge(rows, draw.normal(size=(40, 1))).penalty == 1_000
    assert fit_ridge(rows, line).penalty == 0.001


def test_a_constant_column_has_no_weight():
    rows = np.column_stack([np.arange(6.0), np.full(6, 1e6)])
    fitted = fit_ridge(rows, np.arange(6.0)[:, None] * 2)
    assert fitted.weights[1, 0] == 0
    np.testing.assert_allclose(fitted([[10.0, 5.0]]), [[20.0]], rtol=1e-3)
