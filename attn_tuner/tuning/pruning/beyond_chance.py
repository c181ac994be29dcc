"""Keeps a pruner from judging scores that say nothing yet."""

from collections.abc import Callable

from attn_tuner.tuning.chance_level import Scale
from attn_tuner.tuning.pruning.base import Pruner

BEGUN = 0.1  # Of the way from chance to a perfect score; nearer to chance, ranks are mostly luck.


class BeyondChance:
    """Judges a trial by its objective once that has left chance behind, and before by its loss.

    With 150 classes all trials stand at 1 to 8 % after half an epoch, the later winner among them.
    The loss ranks them already. Where no loss is known, or the rule suits no losses, nothing is
    judged.

    Args:
        make: makes a pruner; one is asked about scores, another about losses.
        begun: whether a score, bigger is better, has left chance behind.
    """

    def __init__(self, make: Callable[[], Pruner], begun: Callable[[float], bool]):
        self._scores, self._losses = make(), make()
        self._begun = begun

    def report(self, trial_id: str, step: float, value: float, loss: float | None = None):
        """Takes in one point of a curve, and judges it.

        Args:
            trial_id, step, value: as `Pruner.report` takes them.
            loss: that never stands still; smaller is better.
        """
        begun = self._begun(max(value, *self._scores.reached(trial_id, step), -float("inf")))
        self._scores.report(trial_id, step, value, judge=begun)
        if loss is not None:
            self._losses.report(trial_id, step, -loss, judge=not begun and self._losses.by_loss)

    def hopeless(self, trial_id: str) -> str | None:
        """Why the trial should end now, or None."""
        if reason := self._losses.hopeless(trial_id):
            return f"near chance, by minus the loss: {reason}"
        return self._scores.hopeless(trial_id)

    def judged(self, trial_id, step, value, loss=None) -> str | None:
        """Takes in one point as `report` does; says why the trial should end now, or None."""
        self.report(trial_id, step, value, loss)
        return self.hopeless(trial_id)

    def finish(self, trial_id: str, pruned: bool = False):
        """Says that the trial has ended, on its own or because it was given up."""
        for each in (self._scores, self._losses):
            each.finish(trial_id, pruned)


def begun_on(scale: Scale, sign: int) -> Callable[[float], bool]:
    """Whether a score, times `sign` so that bigger is better, has left chance behind."""
    return lambda score: not scale.share(sign * score) < BEGUN
