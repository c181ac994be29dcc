"""Errors of forecasts: of numbers, and of quantiles."""

import numpy as np
from numpy.typing import ArrayLike


def mean_absolute_error(truth: ArrayLike, forecast: ArrayLike) -> float:
    """Averages |y - f| over all series and steps.

    Args:
        truth, forecast: arrays of one shape, `(series, horizon)`.
    """
    return float(np.abs(np.asarray(truth, "float64") - forecast).mean())


def symmetric_percentage_error(truth: ArrayLike, forecast: ArrayLike) -> float:
    """Averages the error as a share of the mean of truth and forecast, in percent: 0 to 200.

        sMAPE = 100 mean( 2 |y - f| / (|y| + |f|) ),   0 where both are 0

    Args:
        truth, forecast: arrays of one shape.

    Reference:
        Makridakis et al. 2020, The M4 Competition, section 2.
        https://doi.org/10.1016/j.ijforecast.2019.04.014
    """
    truth, forecast = np.asarray(truth, "float64"), np.asarray(forecast, "float64")
    total = np.abs(truth) + np.abs(forecast)
    return float(100 * np.mean(2 * np.abs(truth - forecast) / np.where(total > 0, total, 1.0)))


def pinball_loss(truth: ArrayLike, forecast: ArrayLike, quantile: float) -> float:
    """Averages the loss whose minimum is the quantile.

        L = q (y - f) where y >= f,   (1 - q) (f - y) elsewhere

    Args:
        truth, forecast: arrays of one shape.
        quantile: float between 0 and 1.

    Reference:
        Koenker & Bassett 1978, eq. 1.1. https://doi.org/10.2307/1913643
    """
    above = np.asarray(truth, "float64") - forecast
    return float(np.maximum(quantile * above, (quantile - 1) * above).mean())


def coverage(truth: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Returns the share of values that lie between two forecasts, both included.

    Args:
        truth, low, high: arrays of one shape.
    """
    truth = np.asarray(truth, "float64")
    return float(((truth >= low) & (truth <= high)).mean())
