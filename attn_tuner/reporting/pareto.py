"""Finds the trials that no other trial beats in every respect."""

from collections.abc import Sequence

import numpy as np


def pareto(points: Sequence[Sequence[float]], larger: Sequence[bool]) -> list[bool]:
    """Returns which points no other point beats: none is as good everywhere and better somewhere.

    Args:
        points: `(points, axes)`, for example accuracy, milliseconds, megabytes. NaN, for what was
            not measured, counts as the worst.
        larger: for each axis, whether more is better.
    """
    if not len(points):
        return []
    signed = np.where(larger, 1.0, -1.0) * np.asarray(points, "float64")
    signed = np.where(np.isnan(signed), -np.inf, signed)
    as_good = (signed[:, None] >= signed[None]).all(axis=2)
    better = (signed[:, None] > signed[None]).any(axis=2)
    return (~(as_good & better).any(axis=0)).tolist()
