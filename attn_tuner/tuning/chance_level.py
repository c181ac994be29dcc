"""How far a score has come from an answer that reads nothing to a perfect one."""

import math
from dataclasses import dataclass

import numpy as np

from attn_tuner.metrics import direction, kind_of, measure


@dataclass(frozen=True)
class Scale:
    """The scores between which models lie.

    Args:
        chance: of whoever answers each text with the shares of the classes, or the mean.
        perfect: of whoever is always right.
    """

    chance: float
    perfect: float

    def share(self, score: float) -> float:
        """0 at chance, 1 where all is right; 1 also where the two cannot be told apart."""
        way = self.perfect - self.chance
        return (score - self.chance) / way if way and math.isfinite(way) else 1.0


def scale_of(labels: np.ndarray, objective: str) -> Scale:
    """The scale of an objective for these texts.

    Args:
        labels: of the validation texts, as `measures.measure` takes them.
        objective: key of `measures.OBJECTIVES`.
    """
    labels = np.asarray(labels)
    if kind_of(labels) == "class":
        shares = np.bincount(labels, minlength=2) / len(labels)
    else:
        shares = np.atleast_1d(labels.mean(axis=0, dtype="float64"))
    chance = measure(labels, np.tile(shares, (len(labels), 1)), (objective,))[objective]
    return Scale(chance, 1.0 if direction(objective) == "max" else 0.0)


def loss_of(kind: str) -> str:
    """The measure that still says something where others stand at chance."""
    return "rmse" if kind == "number" else "log_loss"


def loss_in(measures) -> float | None:
    """That loss among the measures of an evaluation; None where there is none."""
    return measures.get("log_loss", measures.get("rmse"))
