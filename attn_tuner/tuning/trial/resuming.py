"""Which trials can go on, and whether there is time for one to be evaluated."""

from collections.abc import Callable
from dataclasses import replace

from keras_tuner.engine.trial import TrialStatus

from attn_tuner.storage.checkpoints import can_resume
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec

FIRST = "first evaluation"  # What a `Budget` knows its cost as, building and tracing included.
LONG = 600.0  # Seconds without an evaluation after which a trial is no longer just slow.


class Starts:
    """Measures what trials take to their first evaluation.

        starts = Starts(budget)
        starts.begin(task)
        starts.evaluated(task.trial_id)
        starts.fits()

    Args:
        budget: the clock, which learns the costs.
    """

    def __init__(self, budget: Budget):
        self.budget = budget
        self._begun: dict[str, tuple[float, bool]] = {}

    def begin(self, task: TrialSpec):
        """Notes the start; of a trial that goes on, the next evaluation says nothing of others."""
        resumed = can_resume(task.place)
        self._begun[task.trial_id] = self.budget.elapsed(), resumed

    def evaluated(self, trial_id: str):
        began, resumed = self._begun.pop(trial_id, (0.0, True))
        if not resumed:
            self.budget.record(FIRST, self.budget.elapsed() - began)

    def slow(self, trial_id: str) -> bool:
        """Whether a trial that was not evaluated had time enough, so that it may hang."""
        began, _ = self._begun.pop(trial_id, (self.budget.elapsed(), True))
        return self.budget.elapsed() - began > LONG

    def fits(self) -> bool:
        """Whether a trial that begins now can be evaluated before the search is over."""
        return self.budget.fits(FIRST)


def cut_trials(records: dict[str, TrialRecord], oracle, place: Callable[[str], object]) -> list:
    """Trials that were cut, which have ended for KerasTuner but can go on.

    One that still runs for KerasTuner, because a kill came between the two, it gives out itself.
    """
    cut = [each for each in records.values() if each.status == "cut" and not each.pretrained]
    names = [each.trial_id for each in cut if can_resume(place(each.trial_id))]
    trials = map(oracle.get_trial, names)
    return [trial for trial in trials if trial.status != TrialStatus.RUNNING]


def merged(
    known: TrialRecord | None, new: TrialRecord, task: TrialSpec, outcome: TrialOutcome
) -> TrialRecord:
    """The new record, with what the old one knows better: a recorded score is never lost."""
    if known is None or known.score is None or task.betters(outcome.measures):
        return new
    return replace(known, status=new.status, stopped=new.stopped, seconds=new.seconds)


def remarked(known: TrialRecord, cause: str, message: str) -> TrialRecord:
    """The record of a trial that has a score and could not go on.

    Args:
        known: as it was before.
        cause: the name of the exception, a colon, and its sentence.
        message: the traceback.
    """
    return replace(known, remark=f"It could not go on: {cause}", message=message)
