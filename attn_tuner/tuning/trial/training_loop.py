"""The training loop of a trial: epochs, evaluation, early stopping, pruning, the time limit."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from keras_tuner.errors import FailedTrialError

from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.inputs.predictor import Predictor
from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.metrics import OBJECTIVES, columns_of, measure, perfect
from attn_tuner.storage.checkpoints import TrainingProgress
from attn_tuner.training.row_adamw import averaged
from attn_tuner.tuning.chance_level import loss_in
from attn_tuner.tuning.trial.callbacks import PRUNED, TIME_OVER, TrialCallbacks
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.watchdog import TimeOver

# Returns the answers to the validation texts, `(texts, columns)`, and their metrics; None for a
# model that has diverged.
Evaluate = Callable[[], tuple[np.ndarray, dict[str, float]] | None]

SAME = 1e-9  # Epochs that differ by less are equal.
SPEED_INTERVAL = 5.0  # Seconds of training, after the first batch, between two measured speeds.
SLOW = 2  # Measured speeds in a row that are too low: batches of a new length are slow at first.


def train(
    model: keras.Model,
    batches: LengthBatches,
    validation: LengthBatches,
    schedule: Schedule,
    callbacks: TrialCallbacks | None = None,
    progress: TrainingProgress | None = None,
    keras_callbacks: Sequence[keras.callbacks.Callback] = (),
    save: Callable[[TrainingProgress], None] | None = None,
    evaluate: Evaluate | None = None,
) -> TrainingProgress:
    """Trains a model until it stops improving, and restores its best weights.

    Args:
        model: compiled model.
        batches: training data, seeded, one pass an epoch.
        validation: validation data in a fixed order.
        schedule: how long to train, and by which metric to evaluate.
        callbacks: decide and report while the model trains.
        progress: where an earlier attempt stopped, whose weights `model` has; None for the start.
        keras_callbacks: Keras callbacks; the logs of an epoch have the validation metrics.
        save: function that writes a resume point; None writes none.
        evaluate: function that evaluates the model as it is; if not given, what it predicts for the
            validation data is measured by their labels.

    Returns:
        The progress, with the best weights also set on `model`. If the time limit is reached before
        the first evaluation, the model is evaluated then if `must_evaluate` returns True; else the
        progress has no history.
    """
    progress = progress or TrainingProgress()
    callbacks = callbacks or TrialCallbacks()
    batches.begin(progress.epoch)
    evaluation = EvaluationCallback(
        model,
        evaluate or partial(predicted, Predictor(model), validation),
        schedule,
        callbacks,
        progress,
        len(batches),
        save,
    )
    try:
        evaluation.catch_up()
        while progress.epoch < schedule.epochs and not progress.stopped:
            batches.begin(progress.epoch, progress.batch)
            # The rest of an epoch is a fit of its own: Keras sets the number of batches once a fit.
            until = progress.epoch + 1 if progress.batch else schedule.epochs
            model.fit(
                prefetch(batches),
                epochs=until,
                initial_epoch=progress.epoch,
                callbacks=[evaluation, *keras_callbacks],
                verbose=0,
                shuffle=False,
            )
        if not progress.history and progress.stopped != TIME_OVER:
            evaluation.evaluate()
    except TimeOver:
        if progress.best < 0:
            raise
        callbacks.should_stop()  # Tells the watchdog that training ends by itself.
        progress.stopped = TIME_OVER
    progress.stopped = progress.stopped or "all epochs done"
    if progress.history:
        model.set_weights(progress.best_weights)
    return progress


@dataclass(frozen=True)
class QuantileEvaluation:
    """Evaluates models that forecast quantiles: an `evaluation` of `TrialTrainer`.

    Args:
        levels: of the quantiles.
    """

    levels: tuple[float, ...]

    def __call__(self, model: keras.Model, validation: LengthBatches) -> Evaluate:
        """Returns the `evaluate` of `train`."""
        return partial(predicted, Predictor(model), validation, self.levels)


def predicted(
    predictor: Predictor, validation: LengthBatches, levels: Sequence[float] = ()
) -> tuple[np.ndarray, dict[str, float]] | None:
    """Returns what a model predicts for the validation texts, and how that fits their labels."""
    answers = predictor.in_store_order(validation)
    if not np.isfinite(answers).all():
        return None
    labels = validation.labels
    return columns_of(labels, answers), measure(labels, answers, levels=levels)


class EvaluationCallback(keras.callbacks.Callback):
    """Evaluates between batches and after epochs, and stops the training.

    Args:
        model: the model that is trained.
        evaluation, schedule, callbacks, progress, save: as in `train`, `evaluation` there
            `evaluate`.
        batches: int, batches of an epoch.
    """

    def __init__(
        self,
        model: keras.Model,
        evaluation: Evaluate,
        schedule: Schedule,
        callbacks: TrialCallbacks,
        progress: TrainingProgress,
        batches: int,
        save: Callable[[TrainingProgress], None] | None,
    ):
        super().__init__()
        self.trained = model
        self.evaluation = evaluation
        self.schedule = schedule
        self.callbacks = callbacks
        self.progress = progress
        self.batches = max(batches, 1)
        self.save = save
        self.began = time.monotonic() - progress.seconds
        self.next_save = time.monotonic() + callbacks.resume_interval
        self.skipped = 0  # Batches of the epoch that were done before this fit.
        self.timed_from = (0, time.monotonic())  # Batches done, and when.
        self.slow = 0  # Speeds in a row that were too low.

    def catch_up(self) -> None:
        """Evaluates if an earlier attempt was cut just before an evaluation."""
        progress = self.progress
        due = self._at_check()
        if progress.batch >= self.batches:
            progress.epoch, progress.batch, due = progress.epoch + 1, 0, True
        epochs = progress.epoch + progress.batch / self.batches
        evaluated = progress.history[-1]["epochs"] if progress.history else 0.0
        if due and evaluated < epochs - SAME:
            self.evaluate()

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.skipped = self.progress.batch

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.progress.epoch, self.progress.batch = epoch, self.skipped
        variables, values = self.trained.metrics_variables, self.progress.metrics
        if self.skipped and len(variables) == len(values):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        progress = self.progress
        progress.batch = self.skipped + batch + 1
        progress.loss = float((logs or {}).get("loss", float("nan")))
        if not np.isfinite(progress.loss):
            return self._diverged()
        if self.callbacks.should_stop():
            return self._cut()
        self.callbacks.on_batch_end(progress.epoch, progress.batch / self.batches)
        if self._at_check():
            self.evaluate()
        elif not progress.history and (reason := self._too_slow(batch)):
            progress.stopped = f"{TIME_OVER}, as {reason}"
            self.evaluate()
            return self._cut()
        if time.monotonic() >= self.next_save:
            self._save()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if not self.progress.stopped:
            self.progress.epoch, self.progress.batch = epoch + 1, 0
            self.evaluate()
            if time.monotonic() >= self.next_save:
                self._save()
        if logs is not None and self.progress.history:
            # The callbacks after this one receive the same dict.
            last = self.progress.history[-1]
            logs |= {f"val_{name}": last[name] for name in OBJECTIVES if name in last}

    def evaluate(self) -> None:
        """Evaluates on the validation part, keeps the best weights, and stops if that is due."""
        progress, schedule = self.progress, self.schedule
        began = time.monotonic()
        with averaged(self.trained):
            found = self.evaluation()
            weights = self.trained.get_weights()
        spent = time.monotonic() - began
        self.callbacks.on_evaluation_timed(spent)
        if found is None:
            return self._diverged()
        answers, measured = found
        epochs = progress.epoch + progress.batch / self.batches
        progress.seconds = time.monotonic() - self.began
        costs = {"seconds": progress.seconds, "judging": spent}
        metrics = {"epochs": epochs, **costs, "loss": progress.loss, **measured}
        progress.history.append(metrics)
        score = schedule.sign * measured[schedule.objective]
        if progress.best < 0 or self._better(metrics, progress.best_measures):
            progress.best_weights = weights
            progress.probabilities = answers.astype("float32")
            progress.best = len(progress.history) - 1
        self.callbacks.on_evaluated(progress.epoch, metrics)
        if progress.stopped:  # At the time limit, where other trials have no evaluation.
            return
        reason = self.callbacks.should_prune(epochs, score, loss_in(measured))
        if OBJECTIVES[schedule.objective] == "max" and score >= perfect(schedule.objective):
            self._stop("perfect score")
        elif reason:
            self._stop(f"{PRUNED}: {reason}")
        elif epochs - progress.best_measures["epochs"] >= schedule.patience - SAME:
            self._stop(f"no better for {schedule.patience} epochs")

    def _diverged(self) -> None:
        if not self.progress.history:
            raise FailedTrialError("The loss is no longer a number; try a lower learning_rate.")
        self._stop("the loss was no longer a number")

    def _better(self, metrics: dict, best: dict) -> bool:
        key, sign = self.schedule.objective, self.schedule.sign
        if metrics[key] != best[key]:
            return sign * metrics[key] > sign * best[key]
        return (loss_in(metrics) or 0.0) < (loss_in(best) or 0.0)

    def _at_check(self) -> bool:
        checks, done = self.schedule.checks, self.progress.batch
        if checks < 2 or not 0 < done < self.batches:
            return False
        return done * checks // self.batches > (done - 1) * checks // self.batches

    def _too_slow(self, batch: int) -> str | None:
        """Returns the reason why this training should stop for its speed, or None."""
        now = time.monotonic()
        if batch == 0:  # It includes the tracing of the model.
            self.timed_from = (self.progress.batch, now)
            return None
        done, began = self.timed_from
        if now - began < SPEED_INTERVAL:
            return None
        epoch_seconds = (now - began) / (self.progress.batch - done) * self.batches
        self.timed_from = (self.progress.batch, now)
        reason = self.callbacks.too_slow(epoch_seconds)
        self.slow = self.slow + 1 if reason else 0
        return reason if self.slow >= SLOW else None

    def _cut(self) -> None:
        self._stop(self.progress.stopped or TIME_OVER)
        self._save()
        if not self.progress.history and self.callbacks.must_evaluate():
            self.evaluate()
            self._save()

    def _save(self) -> None:
        self.progress.seconds = time.monotonic() - self.began
        own = self.trained.metrics_variables
        self.progress.metrics = [keras.ops.convert_to_numpy(each) for each in own]
        if self.save:
            self.save(self.progress)
            self.callbacks.on_resume_point()
        self.next_save = time.monotonic() + self.callbacks.resume_interval

    def _stop(self, reason: str) -> None:
        self.progress.stopped = reason
        self.progress.seconds = time.monotonic() - self.began
        self.trained.stop_training = True
