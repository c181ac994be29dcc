"""Series of unlike length, with values missing, as one array without either."""

from collections.abc import Sequence

import numpy as np

WAYS = ("stretched", "padded")


def filled(series: np.ndarray) -> np.ndarray:
    """Returns a series whose missing values lie on the line between their neighbours.

    Before the first value and after the last, that value stays; a feature without any is 0.

    Args:
        series: `(steps, features)`, NaN where a value is missing.
    """
    absent = np.isnan(series)
    if not absent.any():
        return series
    found, steps = series.copy(), np.arange(len(series))
    for feature in np.flatnonzero(absent.any(axis=0)):
        there = ~absent[:, feature]
        if there.any():
            found[:, feature] = np.interp(steps, steps[there], series[there, feature])
        else:
            found[:, feature] = 0.0
    return found


def with_length(series: Sequence[np.ndarray], steps: int, way: str) -> np.ndarray:
    """Brings series to one length without changing a value.

        stretched   y_j = x_i,   i the step that is nearest to j (T - 1) / (steps - 1)
        padded      y_j = x_j, 0 behind the last step; steps past the length are cut

    In the place of a missing value stands the last one before it, or else the first one; 0 in a
    feature without any.

    Args:
        series: `(steps, features)` arrays, NaN where a value is missing.
        steps: int, the length, at least 2.
        way: "stretched" or "padded".

    Returns:
        `(series, steps, features)` float32.
    """
    made = np.zeros((len(series), steps, series[0].shape[1]), "float32")
    for row, each in zip(made, series, strict=True):
        values = _carried(each)
        if way == "padded":
            row[: len(each)] = values[:steps]
        else:
            apart = steps - 1
            row[:] = values[(2 * np.arange(steps) * (len(each) - 1) + apart) // (2 * apart)]
    return made


def _carried(series: np.ndarray) -> np.ndarray:
    """Returns a series with the last value before each missing one."""
    there = ~np.isnan(series)
    if there.all():
        return series
    places = np.where(there, np.arange(len(series))[:, None], 0)
    places = np.maximum(np.maximum.accumulate(places), there.argmax(axis=0))
    return np.nan_to_num(np.take_along_axis(series, places, axis=0))
