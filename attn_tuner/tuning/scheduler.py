"""Decides whether a trial may start, and when training has to end."""

from collections.abc import Callable

from attn_tuner.storage.checkpoints import can_resume
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.duration import format_duration
from attn_tuner.tuning.trial.spec import TrialSpec

FIRST_EVALUATION = "first evaluation"  # Kind of step in the `Budget`; includes building the model.
FIRST_MODEL_GRACE = 900.0  # Seconds past the limit for the evaluation of the first model.
# Of a trial that is to go on, at its first speed, which is up to twice too low. An encoder is ahead
# of cheaper models after half an epoch of many texts.
LEAST_EPOCHS = 0.4
LONG_SILENCE = 600.0  # Seconds without an evaluation after which a trial may hang.


class Scheduler:
    """Decides whether trials may start and continue within the time limit.

        scheduler.on_trial_begin(spec)
        scheduler.on_evaluated(spec.trial_id)
        scheduler.has_room()

    It records how long trials take to their first evaluation; a trial may start only if that much
    time is left.

    Args:
        budget: the time limit, which records the costs.
        interrupted: function that returns whether the user has interrupted the search.
        has_model: function that returns whether any trial has a score yet.
    """

    def __init__(
        self, budget: Budget, interrupted: Callable[[], bool], has_model: Callable[[], bool]
    ):
        self.budget = budget
        self.interrupted = interrupted
        self.has_model = has_model
        self._begun: dict[str, tuple[float, bool]] = {}  # Trial to when, and whether resumed.
        self._evaluated = False  # Whether any trial was, and so will have a score.

    def over(self) -> bool:
        """Returns whether trainings have to end."""
        return self.interrupted() or self.budget.search_over()

    def has_room(self) -> bool:
        """Returns whether a trial may start: its first evaluation must fit into the time left.

        Without a model a trial may always start.
        """
        return not self.over() and (not self.has_model() or self.budget.fits(FIRST_EVALUATION))

    def grace(self, started: bool = True) -> float:
        """Returns the seconds for which a training may run past the limit.

        The first model gets more. Once there is a model, a training that has not begun gets none.

        Args:
            started: whether it has trained on a batch.
        """
        if not self.has_model():
            return max(FIRST_MODEL_GRACE, self.budget.grace())
        return self.budget.grace() if started else 0.0

    def too_slow(self, epoch_seconds: float) -> str | None:
        """Returns why a trial should leave its time to others, which may be cheaper; or None.

        Args:
            epoch_seconds: float, seconds that one of its epochs takes.
        """
        left = self.budget.search_left()
        if left is None or LEAST_EPOCHS * epoch_seconds <= left:
            return None
        if not (self._evaluated or self.has_model()):
            return None
        return (
            f"an epoch takes {format_duration(epoch_seconds)} and {format_duration(left)} are left"
        )

    def on_trial_begin(self, spec: TrialSpec) -> None:
        """Records the start. Resumed trials do not count for the cost of a first evaluation."""
        resumed = can_resume(spec.trial_dir)
        self._begun[spec.trial_id] = self.budget.elapsed(), resumed

    def on_evaluated(self, trial_id: str) -> None:
        """Records the cost of a trial's first evaluation."""
        self._evaluated = True
        began, resumed = self._begun.pop(trial_id, (0.0, True))
        if not resumed:
            self.budget.record(FIRST_EVALUATION, self.budget.elapsed() - began)

    def may_hang(self, trial_id: str) -> bool:
        """Returns whether a trial without an evaluation ran long enough to be suspected to hang."""
        began, _ = self._begun.pop(trial_id, (self.budget.elapsed(), True))
        return self.budget.elapsed() - began > LONG_SILENCE
