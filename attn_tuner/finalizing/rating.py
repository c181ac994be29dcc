"""Rates predictions fast, for selections that compare hundreds of averages."""

from collections.abc import Sequence

import numpy as np

from attn_tuner.finalizing.calibration import calibrated_loss
from attn_tuner.metrics import kind_of, measure, sign_of
from attn_tuner.tuning.chance_level import loss_of


class Rating:
    """Rates predictions by (objective, minus a loss); higher is better, the loss breaks ties.

    Args:
        labels: array of labels, as `metrics.measure` takes them.
        objective: str, key of `metrics.OBJECTIVES`. A log loss is taken at the best temperature.
        levels: of the quantiles that are forecast.
    """

    def __init__(self, labels: np.ndarray, objective: str, levels: Sequence[float] = ()):
        self.labels = labels
        self.objective = objective
        self.levels = levels
        self.sign = sign_of(objective)
        self.number = kind_of(labels) == "number"

    def __call__(self, answers: np.ndarray) -> tuple[float, float]:
        """Rates predictions `(texts, columns)`."""
        return self._score(answers), -self._loss(answers)

    def best(self, candidates: Sequence[np.ndarray]) -> tuple[int, tuple[float, float]]:
        """Returns index and rating of the best predictions, the first of equal ones."""
        scores = [self._score(each) for each in candidates]
        top = max(scores)
        ties = [place for place, score in enumerate(scores) if score == top]
        losses = [self._loss(candidates[place]) for place in ties]
        least = min(losses)
        return ties[losses.index(least)], (top, -least)

    def _score(self, answers: np.ndarray) -> float:
        if self.objective == "accuracy":  # The common case; `measure` computes much more.
            return float((answers.argmax(axis=1) == self.labels).mean())
        if self.objective == "log_loss":
            return -self._loss(answers)
        found = measure(self.labels, answers, {self.objective}, self.levels)
        return self.sign * found[self.objective]

    def _loss(self, answers: np.ndarray) -> float:
        if self.number:
            loss = loss_of("number")
            return measure(self.labels, answers, {loss}, self.levels)[loss]
        return calibrated_loss(self.labels, answers)
