"""One trial from start to end: epochs, early stopping, pruning, the clock, the best weights."""

import time

import keras
import numpy as np
from keras_tuner.errors import FailedTrialError

from attn_tuner.metrics import OBJECTIVES, columns_of, kind_of, measure
from attn_tuner.storage.checkpoints import TrainingProgress
from attn_tuner.text.prefetch import stream
from attn_tuner.training.row_adamw import averaged
from attn_tuner.tuning.chance_level import loss_in
from attn_tuner.tuning.trial.callbacks import TIME_OVER, TrialCallbacks
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.watchdog import TimeOver

SAME = 1e-9  # Epochs closer than this are the same moment.


def train(
    model, batches, validation, schedule: Schedule, watch=None, progress=None, callbacks=()
) -> TrainingProgress:
    """Trains `model` on `batches` until it stops getting better, and keeps its best weights.

    Args:
        model: compiled.
        batches: training data, a `buckets.Batches`: seeded, one pass an epoch, `len` batches.
        validation: validation data in a stable order, with `labels` and `restore`.
        schedule, watch: see there.
        progress: where an earlier attempt of the same training stopped; its weights are in `model`.
        callbacks: Keras callbacks that hear of every epoch, its validation measures among the logs.

    Returns:
        The progress, with the best weights also set on `model`. When the time was over before the
        first evaluation the model is evaluated as it is, where it must be: then there is always
        something to keep. Else the progress has no history.
    """
    progress = progress or TrainingProgress()
    watch = watch or TrialCallbacks()
    batches.begin(progress.epoch)
    referee = EvaluationCallback(model, validation, schedule, watch, progress, len(batches))
    try:
        referee.catch_up()
        while progress.epoch < schedule.epochs and not progress.stopped:
            batches.begin(progress.epoch, progress.batch)
            # What is left of an epoch is a fit of its own: Keras counts the batches of a fit once.
            until = progress.epoch + 1 if progress.batch else schedule.epochs
            model.fit(
                stream(batches),
                epochs=until,
                initial_epoch=progress.epoch,
                callbacks=[referee, *callbacks],
                verbose=0,
                shuffle=False,
            )
        if not progress.history and progress.stopped != TIME_OVER:
            referee.judge()
    except TimeOver:
        if progress.best < 0:
            raise
        watch.expired()  # Whoever has asked is left to end in peace.
        progress.stopped = TIME_OVER
    progress.stopped = progress.stopped or "all epochs done"
    if progress.history:
        model.set_weights(progress.best_weights)
    return progress


class EvaluationCallback(keras.callbacks.Callback):
    """Judges between batches and epochs, and stops the training when there is cause."""

    def __init__(self, model, validation, schedule, watch, progress, batches):
        super().__init__()
        self.judged = model
        self.validation = validation
        self.schedule = schedule
        self.watch = watch
        self.progress = progress
        self.batches = max(batches, 1)
        self.begun = time.monotonic() - progress.seconds
        self.resume_at = time.monotonic() + watch.pace
        self.skipped = 0  # Batches that were done before the fit that runs.

    def catch_up(self):
        """Evaluates where an earlier attempt was cut just before it would have done so."""
        progress = self.progress
        due = self._at_check()
        if progress.batch >= self.batches:
            progress.epoch, progress.batch, due = progress.epoch + 1, 0, True
        epochs = progress.epoch + progress.batch / self.batches
        judged = progress.history[-1]["epochs"] if progress.history else 0.0
        if due and judged < epochs - SAME:
            self.judge()

    def on_train_begin(self, logs=None):
        self.skipped = self.progress.batch

    def on_epoch_begin(self, epoch, logs=None):
        self.progress.epoch, self.progress.batch = epoch, self.skipped
        variables, values = self.judged.metrics_variables, self.progress.metrics
        if self.skipped and len(variables) == len(values):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def on_train_batch_end(self, batch, logs=None):
        progress = self.progress
        progress.batch = self.skipped + batch + 1
        progress.loss = float((logs or {}).get("loss", float("nan")))
        if not np.isfinite(progress.loss):
            return self._diverged()
        if self.watch.expired():
            return self._cut()
        self.watch.heard({"epoch": progress.epoch, "part": progress.batch / self.batches})
        if self._at_check():
            self.judge()
        if self.watch.saved and time.monotonic() >= self.resume_at:
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        if not self.progress.stopped:
            self.progress.epoch, self.progress.batch = epoch + 1, 0
            self.judge()
            if self.watch.saved and time.monotonic() >= self.resume_at:
                self._save()
        if logs is not None and self.progress.history:
            # The same dict goes on to the callbacks behind this one.
            judged = self.progress.history[-1]
            logs |= {f"val_{name}": judged[name] for name in OBJECTIVES if name in judged}

    def judge(self):
        """Measures on validation, remembers the best, and stops what has no hope."""
        progress, schedule = self.progress, self.schedule
        began = time.monotonic()
        with averaged(self.judged):
            answers = self.judged.predict(stream(self.validation), verbose=0)
            weights = self.judged.get_weights()
        probabilities = self.validation.restore(answers)
        judging = time.monotonic() - began
        self.watch.judged(judging)
        if not np.isfinite(probabilities).all():
            return self._diverged()
        measures = measure(self.validation.labels, probabilities)
        epochs = progress.epoch + progress.batch / self.batches
        progress.seconds = time.monotonic() - self.begun
        costs = {"seconds": progress.seconds, "judging": judging}
        news = {"epochs": epochs, **costs, "loss": progress.loss, **measures}
        progress.history.append(news)
        score = schedule.sign * measures[schedule.objective]
        if progress.best < 0 or self._better(news, progress.best_measures):
            progress.best_weights = weights
            progress.probabilities = columns_of(self.validation.labels, probabilities).astype(
                "float32"
            )
            progress.best = len(progress.history) - 1
        self.watch.heard({"epoch": progress.epoch, "part": 0.0, "measures": news})
        if progress.stopped:  # By the clock: this is not a point that other trials have.
            return
        reason = self.watch.hopeless(epochs, score, loss_in(measures))
        if schedule.sign == 1 and score >= 1.0:
            self._stop("nothing is left to get better")
        elif reason:
            self._stop(f"pruned: {reason}")
        elif epochs - progress.best_measures["epochs"] >= schedule.patience - SAME:
            self._stop(f"no better for {schedule.patience} epochs")

    def _diverged(self):
        if not self.progress.history:
            raise FailedTrialError("The loss is no longer a number; try a lower learning_rate.")
        self._stop("the loss was no longer a number")

    def _better(self, news, best) -> bool:
        key, sign = self.schedule.objective, self.schedule.sign
        if news[key] != best[key]:
            return sign * news[key] > sign * best[key]
        loss = "rmse" if kind_of(self.validation.labels) == "number" else "log_loss"
        return news[loss] < best[loss]

    def _at_check(self) -> bool:
        checks, done = self.schedule.checks, self.progress.batch
        if checks < 2 or not 0 < done < self.batches:
            return False
        return done * checks // self.batches > (done - 1) * checks // self.batches

    def _cut(self):
        self._stop(TIME_OVER)
        self._save()
        if not self.progress.history and self.watch.must_judge():
            self.judge()
            self._save()

    def _save(self):
        self.progress.seconds = time.monotonic() - self.begun
        own = self.judged.metrics_variables
        self.progress.metrics = [keras.ops.convert_to_numpy(each) for each in own]
        if self.watch.saved:
            self.watch.saved(self.progress)
        self.resume_at = time.monotonic() + self.watch.pace

    def _stop(self, reason):
        self.progress.stopped = reason
        self.progress.seconds = time.monotonic() - self.begun
        self.judged.stop_training = True
