"""Measures where a score lies between chance and a perfect model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from attn_tuner.metrics import direction, kind_of, measure


@dataclass(frozen=True)
class Scale:
    """The range of an objective from chance to a perfect model.

    Args:
        chance: float, the score of predicting the shares of the classes, or the mean.
        perfect: float, the score of a model that is always right.
    """

    chance: float
    perfect: float

    def share(self, score: float) -> float:
        """Returns 0 at chance and 1 for a perfect score; 1 also if both are equal or unknown."""
        way = self.perfect - self.chance
        return (score - self.chance) / way if way and math.isfinite(way) else 1.0


def scale_of(labels: np.ndarray, objective: str, levels: Sequence[float] = ()) -> Scale:
    """Computes the scale of an objective on validation texts.

    Args:
        labels: labels of the validation texts, as in `metrics.measure`.
        objective: str, key of `metrics.OBJECTIVES`.
        levels: of the quantiles that are forecast.
    """
    labels = np.asarray(labels)
    if kind_of(labels) == "class":
        shares = np.bincount(labels, minlength=2) / len(labels)
    else:
        shares = np.atleast_1d(labels.mean(axis=0, dtype="float64"))
    guesses = np.tile(shares, (len(labels), 1))
    chance = measure(labels, guesses, (objective,), levels)[objective]
    return Scale(chance, 1.0 if direction(objective) == "max" else 0.0)


def loss_of(kind: str) -> str:
    """Returns the loss that still ranks models while other metrics are at chance level.

    Args:
        kind: str, key of `metrics.MEASURES`.
    """
    return "rmse" if kind == "number" else "log_loss"


def loss_in(metrics: Mapping[str, float]) -> float | None:
    """Returns that loss among the metrics of an evaluation; None if it is missing."""
    return metrics.get("log_loss", metrics.get("rmse"))
