"""Makes series with missing values of one that is whole."""

from collections.abc import Iterator

import numpy as np

MOST_FEATURES = 8  # Of which each is missing once.


def with_gaps(series: np.ndarray) -> Iterator[np.ndarray]:
    """Yields copies without the first step, without the middle third, without one feature in the
    last step and throughout, and with a single value.

    Args:
        series: `(steps, features)` float32.
    """
    steps, width = series.shape
    first, last = steps // 3, max(2 * steps // 3, steps // 3 + 1)
    yield _without(series, np.s_[:1])
    yield _without(series, np.s_[first:last])
    for feature in range(min(width, MOST_FEATURES)):
        yield _without(series, np.s_[-1:, feature])
        yield _without(series, np.s_[:, feature])
    alone = np.full_like(series, np.nan)
    alone[first, 0] = series[first, 0]
    yield alone


def _without(series: np.ndarray, place: tuple | slice) -> np.ndarray:
    found = series.copy()
    found[place] = np.nan
    return found
