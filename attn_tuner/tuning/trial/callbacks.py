"""Defines the callbacks of one training. Imports no Keras: a waiting worker is light."""

from attn_tuner.tuning.events import EpochProgress, Evaluated, Listener, Remark

TIME_OVER = "stopped: time limit"
INTERRUPTED = "stopped: interrupted"  # By a signal, such as Ctrl-C.
PRUNED = "pruned"  # Before the pruner's reason.


class TrialCallbacks:
    """Follows the training of one trial; a subclass overrides what it needs.

    The `should_` and `must_` methods return decisions. The `on_` methods receive events.
    """

    resume_interval = 45.0  # Seconds between two resume points.

    def should_stop(self) -> bool:
        """Called after every batch. Returns whether the time for training is over."""
        return False

    def should_prune(self, epochs: float, score: float, loss: float | None = None) -> str | None:
        """Called after every evaluation. Returns the reason to prune the trial, or None.

        Args:
            epochs: float, epochs trained so far.
            score: float, the objective; higher is better.
            loss: float, lower is better; None if unknown.
        """
        return None

    def too_slow(self, epoch_seconds: float) -> str | None:
        """Called now and then before the first evaluation. Returns a reason to stop, or None.

        Training stops at the second reason in a row.

        Args:
            epoch_seconds: float, seconds that an epoch takes at the speed so far.
        """
        return None

    def must_evaluate(self) -> bool:
        """Called at the time limit if the model has not been evaluated yet.

        Returns whether to evaluate it now, so that it has a score.
        """
        return True

    def on_batch_end(self, epoch: int, fraction: float) -> None:
        """Called after every batch, unless training stops there.

        Args:
            epoch: int, completed epochs.
            fraction: float in (0, 1], completed part of the current epoch.
        """

    def on_evaluation_timed(self, seconds: float) -> None:
        """Called with the time that predicting the validation part took."""

    def on_evaluated(self, epoch: int, metrics: dict) -> None:
        """Called after every evaluation, before `should_prune`.

        Args:
            epoch: int, completed epochs.
            metrics: floats by name, as in `TrainingProgress.history`.
        """

    def on_resume_point(self) -> None:
        """Called when a resume point has been written, from which the trial can continue."""

    def on_remark(self, text: str) -> None:
        """Called with the text of a `Remark`: something went wrong, and training continues."""


class EventCallbacks(TrialCallbacks):
    """Reports the progress of a training as events.

    Args:
        trial_id: str, the trial that is trained.
        emit: function that receives each event.
    """

    def __init__(self, trial_id: str, emit: Listener):
        self.trial_id = trial_id
        self.emit = emit

    def on_batch_end(self, epoch: int, fraction: float) -> None:
        self.emit(EpochProgress(self.trial_id, epoch, fraction))

    def on_evaluated(self, epoch: int, metrics: dict) -> None:
        self.emit(Evaluated(self.trial_id, epoch, metrics))

    def on_remark(self, text: str) -> None:
        self.emit(Remark(self.trial_id, text))
