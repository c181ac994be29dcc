"""A number of percentage points with its interval."""

from dataclasses import dataclass

import numpy as np

LEVEL = 0.8  # Of the intervals.


@dataclass(frozen=True)
class Estimate:
    """A number of percentage points with its 80 % interval.

    Args:
        points: float, the median.
        low, high: float, ends of the interval.
    """

    points: float
    low: float
    high: float

    @classmethod
    def of(cls, draws: np.ndarray) -> "Estimate":
        """Summarises draws, (n,) float, of a share between -1 and 1."""
        ends = (1 - LEVEL) / 2, (1 + LEVEL) / 2
        low, points, high = (100 * np.quantile(draws, (ends[0], 0.5, ends[1]))).tolist()
        return cls(points, low, high)
