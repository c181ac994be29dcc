"""What a training asks and tells while it runs. Imports no Keras: a waiting worker is light."""

from attn_tuner.tuning.events import EpochProgress, Evaluated, Listener

TIME_OVER = "stopped: time limit"
PRUNED = "pruned"  # Before the pruner's reason.


class TrialCallbacks:
    """Watches the training of one trial; a subclass overrides what it needs.

    The `should_` and `must_` methods are asked and decide. The `on_` methods are told.
    """

    resume_interval = 45.0  # Seconds between two resume points.

    def should_stop(self) -> bool:
        """Comes after every batch. Returns whether the time for training is over."""
        return False

    def should_prune(self, epochs: float, score: float, loss: float | None = None) -> str | None:
        """Comes after every evaluation. Returns the reason to give the trial up, or None.

        Args:
            epochs: float, epochs trained so far.
            score: float, of the objective; bigger is better.
            loss: float, smaller is better; None where none is known.
        """
        return None

    def must_evaluate(self) -> bool:
        """Comes when the time is over before the first evaluation.

        Returns whether the model is to be evaluated nevertheless, so that there is a score.
        """
        return True

    def on_batch_end(self, epoch: int, fraction: float) -> None:
        """Comes after every batch, unless training stops there.

        Args:
            epoch: int, epochs that are done.
            fraction: float in (0, 1], how much of the next epoch is done.
        """

    def on_evaluation_timed(self, seconds: float) -> None:
        """Comes when the model has predicted the validation part, before its metrics are known."""

    def on_evaluated(self, epoch: int, metrics: dict) -> None:
        """Comes after every evaluation, before `should_prune`.

        Args:
            epoch: int, epochs that are done.
            metrics: floats by name, as in `TrainingProgress.history`.
        """

    def on_resume_point(self) -> None:
        """Comes when a resume point is on the disk: from here the trial can go on."""


class EventCallbacks(TrialCallbacks):
    """Passes the progress of a training on as events.

    Args:
        trial_id: str, of the trial that is trained.
        emit: called with each event.
    """

    def __init__(self, trial_id: str, emit: Listener):
        self.trial_id = trial_id
        self.emit = emit

    def on_batch_end(self, epoch: int, fraction: float) -> None:
        self.emit(EpochProgress(self.trial_id, epoch, fraction))

    def on_evaluated(self, epoch: int, metrics: dict) -> None:
        self.emit(Evaluated(self.trial_id, epoch, metrics))
