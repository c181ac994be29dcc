"""Series of numbers in memory, with what is known beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class LabelledSeries:
    """Series of numbers with what is known beside them.

    Args:
        series: list of `(steps, features)` float32; NaN where a value is missing.
        labels: list, one entry a series, or a DataFrame with a column of 0 and 1 for each class;
            None for series without labels.
        features: tuple of str, names of the features.
        groups: list of str, or None; series of one group stay in one part.
        times: `(series,)` float64, or None; later series are held out.
        notes: tuple of str, sentences on what was changed while reading.
        spans: `(series, 2)` int, the first step of what decides the label and the step behind its
            last; None where that is not known.
    """

    series: list[np.ndarray]
    labels: Sequence | None
    features: tuple[str, ...]
    groups: list[str] | None = None
    times: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    spans: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.series)
