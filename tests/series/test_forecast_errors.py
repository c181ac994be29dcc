"""Errors of forecasts, by hand and by their definitions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.series.forecast_errors import (
    coverage,
    mean_absolute_error,
    pinball_loss,
    symmetric_percentage_error,
)

TRUTH, FORECAST = np.array([[1.0, 0.0], [4.0, -2.0]]), np.array([[3.0, 0.0], [4.0, 2.0]])


def test_errors_are_those_worked_by_hand():
    assert mean_absolute_error(TRUTH, FORECAST) == 1.5
    assert symmetric_percentage_error(TRUTH, FORECAST) == 100 * (1 + 0 + 0 + 2) / 4
    assert coverage(TRUTH, TRUTH, TRUTH) == 1.0
    assert coverage(TRUTH, FORECAST, FORECAST + 1) == 0.5


@given(st.floats(0.05, 0.95))
def test_the_pinball_loss_is_least_at_the_quantile(quantile):
    values = np.linspace(0.0, 1.0, 201)
    losses = [pinball_loss(values, guess, quantile) for guess in values]
    assert abs(values[np.argmin(losses)] - quantile) < 0.01
