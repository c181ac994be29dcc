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
    """Brings series to one length.

    Args:
        series: `(steps, features)` arrays, NaN where a value is missing.
        steps: int, the length.
        way: "stretched" interpolates linearly between the first step and the last; "padded" puts
            zeros behind a shorter series and cuts the end of a longer one.

    Returns:
        `(series, steps, features)` float32.
    """
    made = np.zeros((len(series), steps, series[0].shape[1]), "float32")
    for row, each in zip(made, map(filled, series), strict=True):
        if way == "padded" or len(each) == steps:
            row[: len(each)] = each[:steps]
        else:
            places = np.linspace(0, len(each) - 1, steps)
            for feature, values in enumerate(each.T):
                row[:, feature] = np.interp(places, np.arange(len(each)), values)
    return made
