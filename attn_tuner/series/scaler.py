"""Learns the scale of each feature on the training series."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class SeriesScaler:
    """Mean and standard deviation of each feature, over all steps of the training series.

        z = (x - mean) / deviation

    It holds the numbers; `layers.series_input.StandardizedSteps` computes with them in the model.

    Args:
        features: tuple of str, names of the features.
        mean: tuple of float, one a feature.
        deviation: tuple of float, above 0.
        missing: bool, whether values were missing in training; a model is then told where.
    """

    features: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    missing: bool = False

    @classmethod
    def fit(cls, series: Iterable[np.ndarray], features: tuple[str, ...]) -> "SeriesScaler":
        """Measures the features of series; a feature that is constant, or never there, is only
        shifted.

        Args:
            series: arrays `(steps, features)`, NaN where a value is missing.
            features: names of the features.
        """
        count, total = np.zeros(len(features)), np.zeros(len(features))
        series, missing = list(series), False
        for each in series:
            there = ~np.isnan(each)
            missing |= not there.all()
            count += there.sum(axis=0)
            total += np.where(there, each, 0.0).sum(axis=0, dtype="float64")
        mean = total / np.maximum(count, 1)
        squares = np.zeros(len(features))
        for each in series:
            squares += np.nansum((each.astype("float64") - mean) ** 2, axis=0)
        deviation = np.sqrt(squares / np.maximum(count, 1))
        # A constant feature has a deviation of rounding errors.
        constant = deviation <= 1e-6 * np.maximum(np.abs(mean), 1e-30)
        deviation = np.where(constant, 1.0, deviation)
        return cls(tuple(features), tuple(mean.tolist()), tuple(deviation.tolist()), bool(missing))

    @property
    def width(self) -> int:
        """Number of features."""
        return len(self.features)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor, ready for JSON."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "SeriesScaler":
        """Creates a scaler from the result of `get_config`."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in config.items()
        }
        return cls(**values)
