"""Lets a pruner compare losses while scores are at chance level."""

from collections.abc import Callable

from attn_tuner.tuning.chance_level import Scale
from attn_tuner.tuning.pruning.base import Pruner

LEFT_CHANCE = 0.1  # Of the way from chance to a perfect score; below it, ranks are noise.


class BeyondChance:
    """Compares trials by loss while their scores are at chance level, then by score.

    With 150 classes all trials have 1 to 8 % accuracy after half an epoch, the later winner too,
    while the loss already ranks them. Without a loss, or if the rule does not suit losses, such
    trials are not compared.

    Args:
        make: function that makes a pruner, one for scores and one for losses.
        beyond_chance: function that returns whether a score, higher is better, is above chance.
    """

    def __init__(self, make: Callable[[], Pruner], beyond_chance: Callable[[float], bool]):
        self._scores, self._losses = make(), make()
        self._beyond_chance = beyond_chance

    def report(self, trial_id: str, step: float, value: float, loss: float | None = None) -> None:
        """Adds a point to a curve, and compares it with the other trials.

        Args:
            trial_id, step, value: as in `Pruner.report`.
            loss: float, lower is better; None if unknown.
        """
        best = max(value, *self._scores.reached(trial_id, step), -float("inf"))
        beyond = self._beyond_chance(best)
        self._scores.report(trial_id, step, value, compare=beyond)
        if loss is not None:
            by_loss = not beyond and self._losses.by_loss
            self._losses.report(trial_id, step, -loss, compare=by_loss)

    def should_prune(self, trial_id: str) -> str | None:
        """Returns the reason to prune the trial now, or None."""
        if reason := self._losses.should_prune(trial_id):
            return f"near chance, by negative loss: {reason}"
        return self._scores.should_prune(trial_id)

    def finish(self, trial_id: str, pruned: bool = False) -> None:
        """Records that the trial has ended, and whether it was pruned."""
        for each in (self._scores, self._losses):
            each.finish(trial_id, pruned)


def left_chance(scale: Scale, sign: int) -> Callable[[float], bool]:
    """Makes a function that returns whether a score is above chance.

    Args:
        scale: scale of the objective.
        sign: 1 if a higher objective is better, -1 if a lower one is. The function takes the
            objective times `sign`.
    """
    return lambda score: not scale.share(sign * score) < LEFT_CHANCE
