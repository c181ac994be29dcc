"""Decides whether a trial may start, and when training has to end."""

from collections.abc import Callable

from attn_tuner.storage.checkpoints import can_resume
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.trial.spec import TrialSpec

FIRST_EVALUATION = "first evaluation"  # A `Budget` knows its cost by this name, building included.
FIRST_MODEL_GRACE = 900.0  # Seconds in which the first model is evaluated: late beats never.
LONG_SILENCE = 600.0  # Seconds without an evaluation after which a trial is no longer just slow.


class Scheduler:
    """Decides by the clock whether trials may start and go on.

        scheduler.on_trial_begin(spec)
        scheduler.on_evaluated(spec.trial_id)
        scheduler.has_room()

    It measures what trials take to their first evaluation, and lets one start only where that fits
    into what is left.

    Args:
        budget: the clock, which learns the costs.
        interrupted: returns whether the user wants the search to end.
        has_model: returns whether any trial has a score yet.
    """

    def __init__(
        self, budget: Budget, interrupted: Callable[[], bool], has_model: Callable[[], bool]
    ):
        self.budget = budget
        self.interrupted = interrupted
        self.has_model = has_model
        self._begun: dict[str, tuple[float, bool]] = {}  # Trial to when, and whether resumed.

    def over(self) -> bool:
        """Returns whether no training may go on."""
        return self.interrupted() or self.budget.search_over()

    def has_room(self) -> bool:
        """Returns whether a trial may start: it has to be evaluated in time.

        While there is no model a trial may always start.
        """
        return not self.over() and (not self.has_model() or self.budget.fits(FIRST_EVALUATION))

    def grace(self, started: bool = True) -> float:
        """Returns the seconds that a training may take to notice the end.

        They are more while there is no model, and none for a training that has no loss yet while
        there is one.

        Args:
            started: whether it has trained on a batch.
        """
        if not self.has_model():
            return max(FIRST_MODEL_GRACE, self.budget.grace())
        return self.budget.grace() if started else 0.0

    def on_trial_begin(self, spec: TrialSpec) -> None:
        """Notes the start. A trial that goes on says nothing about first evaluations."""
        resumed = can_resume(spec.trial_dir)
        self._begun[spec.trial_id] = self.budget.elapsed(), resumed

    def on_evaluated(self, trial_id: str) -> None:
        """Notes an evaluation; of a trial's first one the cost is kept."""
        began, resumed = self._begun.pop(trial_id, (0.0, True))
        if not resumed:
            self.budget.record(FIRST_EVALUATION, self.budget.elapsed() - began)

    def may_hang(self, trial_id: str) -> bool:
        """Returns whether a trial that was not evaluated had time enough for it. Forgets it."""
        began, _ = self._begun.pop(trial_id, (self.budget.elapsed(), True))
        return self.budget.elapsed() - began > LONG_SILENCE
