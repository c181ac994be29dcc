"""Keeps a pruner from comparing scores that say nothing yet."""

from collections.abc import Callable

from attn_tuner.tuning.chance_level import Scale
from attn_tuner.tuning.pruning.base import Pruner

LEFT_CHANCE = 0.1  # Of the way from chance to a perfect score; nearer to chance, ranks are luck.


class BeyondChance:
    """Compares a trial by its objective once that has left chance behind, and before by its loss.

    With 150 classes all trials stand at 1 to 8 % after half an epoch, the later winner among them.
    The loss ranks them already. Where no loss is known, or the rule suits no losses, nothing is
    compared.

    Args:
        make: makes a pruner; one compares scores, another losses.
        beyond_chance: returns whether a score, bigger is better, has left chance behind.
    """

    def __init__(self, make: Callable[[], Pruner], beyond_chance: Callable[[float], bool]):
        self._scores, self._losses = make(), make()
        self._beyond_chance = beyond_chance

    def report(self, trial_id: str, step: float, value: float, loss: float | None = None) -> None:
        """Takes in one point of a curve, and compares it with the other trials.

        Args:
            trial_id, step, value: as `Pruner.report` takes them.
            loss: float, that never stands still; smaller is better.
        """
        best = max(value, *self._scores.reached(trial_id, step), -float("inf"))
        beyond = self._beyond_chance(best)
        self._scores.report(trial_id, step, value, compare=beyond)
        if loss is not None:
            by_loss = not beyond and self._losses.by_loss
            self._losses.report(trial_id, step, -loss, compare=by_loss)

    def should_prune(self, trial_id: str) -> str | None:
        """Returns why the trial should end now, or None."""
        if reason := self._losses.should_prune(trial_id):
            return f"near chance, by negative loss: {reason}"
        return self._scores.should_prune(trial_id)

    def finish(self, trial_id: str, pruned: bool = False) -> None:
        """Takes in that the trial has ended, on its own or because it was pruned."""
        for each in (self._scores, self._losses):
            each.finish(trial_id, pruned)


def left_chance(scale: Scale, sign: int) -> Callable[[float], bool]:
    """Makes a function that returns whether a score has left chance behind.

    Args:
        scale: of the objective.
        sign: 1 where a greater objective is better, -1 where a smaller one is; the function takes
            the score times `sign`.
    """
    return lambda score: not scale.share(sign * score) < LEFT_CHANCE
