"""How good the answers of a model or of an average are, for those who compare hundreds."""

from attn_tuner.finalizing.calibration import calibrated_loss
from attn_tuner.metrics import kind_of, measure, sign_of
from attn_tuner.tuning.chance_level import loss_of


class Rating:
    """Answers to (objective, minus a loss that never stands still), both growing with quality.

    Args:
        labels: of the texts, an array.
        objective: key of `measures.OBJECTIVES`. A log loss is that at the best temperature.
    """

    def __init__(self, labels, objective):
        self.labels = labels
        self.objective = objective
        self.sign = sign_of(objective)
        self.number = kind_of(labels) == "number"

    def __call__(self, answers) -> tuple[float, float]:
        return self._score(answers), -self._loss(answers)

    def best(self, candidates) -> tuple[int, tuple[float, float]]:
        """Place and rating of the best, the first of equals; losses break ties alone."""
        scores = [self._score(each) for each in candidates]
        top = max(scores)
        ties = [place for place, score in enumerate(scores) if score == top]
        losses = [self._loss(candidates[place]) for place in ties]
        least = min(losses)
        return ties[losses.index(least)], (top, -least)

    def _score(self, answers):
        if self.objective == "accuracy":  # By far the most asked for; `measure` does much more.
            return float((answers.argmax(axis=1) == self.labels).mean())
        if self.objective == "log_loss":
            return -self._loss(answers)
        return self.sign * measure(self.labels, answers, {self.objective})[self.objective]

    def _loss(self, answers):
        if self.number:
            loss = loss_of("number")
            return measure(self.labels, answers, {loss})[loss]
        return calibrated_loss(self.labels, answers)
