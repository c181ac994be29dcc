"""Trains the best trial once more, its embedding and encoder pretrained on unlabelled texts."""

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.errors import FailedTrialError

from attn_tuner.encoding import Encoder
from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.storage.checkpoints import TrainingProgress, can_resume, save_resume_point
from attn_tuner.storage.layout import TRIAL, trial_dir
from attn_tuner.storage.plan import trial_seed
from attn_tuner.storage.trial_record import PRETRAINED, TrialRecord
from attn_tuner.text.batches import Batches
from attn_tuner.text.token_store import TokenStore
from attn_tuner.training.masked_language_model import HiddenWords, language_model
from attn_tuner.training.row_adamw import RowAdamW
from attn_tuner.training.schedules import rate_for
from attn_tuner.tuning.duration import format_duration
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.events import TrialEnded, TrialStarted
from attn_tuner.tuning.oracles.persistence.atomic_state import AtomicTrial
from attn_tuner.tuning.trial.watchdog import TimeOver
from attn_tuner.tuning.tuner import TrialRunner

ROLES = ("train", "unlabelled")
MIN_TEXTS = 100
MIN_SECONDS = 2.0  # Less time has no effect.
MAX_PASSES = 20  # Over all texts.
PIECE = 25  # Batches between two changes of the learning rate.
LAST_RATE = 0.05  # Of the first learning rate, at the end.
SETTLING = 200  # Maximum number of batches with frozen embedding and encoder.
FINE_TUNING = 1.3  # Cost of fine-tuning, in trainings: it includes the batches with frozen layers.


def pretrain(runner: TrialRunner, data: EncodedData, say: Callable[[str], None]) -> None:
    """Trains the best trial that has an encoder again, pretrained, as one more trial of the run.

    For the plan's share of the time, its embedding and encoder are trained as a masked language
    model on the training and unlabelled texts. Then the layers above them are trained alone for a
    while, then all layers as in any trial. The new trial has the ID of the old one with
    `-pretrained` at its end. It is exported only if its validation score is better. It is not
    reported to the oracle, as one point would have two scores. Trials with regions are passed over:
    their encoder reads more than the embedding.

    A run does this once. If it is cut during fine-tuning, the next sitting continues; if it is cut
    before, the next sitting starts anew.

    Args:
        runner: the `TrialRunner`, whose trials have ended.
        data: the encoded texts of the run.
        say: function that receives sentences for the user.

    Reference:
        Dai & Le 2015. https://arxiv.org/abs/1511.01432 ; Howard & Ruder 2018, section 3.3, for
        unfreezing in stages. https://aclanthology.org/P18-1031
    """
    done = any(each.pretrained and each.status != "cut" for each in runner.records.values())
    if not runner.plan.pretrain or done or runner.over():
        return
    begun = _begun(runner)
    record = begun or _best(runner)
    texts = sum(data.size(role) for role in ROLES)
    seconds = record and _seconds(runner, record)
    if problem := None if begun else _problem(record, texts, seconds):
        return say(f"Nothing was pretrained: {problem}")
    trial = AtomicTrial(
        runner.oracle.get_trial(record.trial_id).hyperparameters.copy(), _name(record)
    )
    runner.emit(TrialStarted(trial.trial_id, record.values))
    try:
        if not begun:
            say(
                f"Pretraining the encoder of trial {record.trial_id} on {texts:,} texts, "
                f"{format_duration(seconds)} at most."
            )
            losses = _prepare(trial.trial_id, record.trained, runner, data, seconds)
            if not losses:
                return
            say(f"The loss on hidden words fell from {losses[0]:.3f} to {losses[-1]:.3f}.")
        _fine_tune(trial, runner)
    except TimeOver:
        runner.lifecycle.leave(trial)
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"
        runner.lifecycle.fail(trial, cause, traceback.format_exc())


def learn(
    embedding: keras.layers.Layer,
    encoder: keras.layers.Layer,
    stores: Sequence[TokenStore],
    seconds: float,
    over: Callable[[], bool] = lambda: False,
    seed: int = 0,
) -> list[float]:
    """Trains an embedding and an encoder as a masked language model.

    The learning rate falls linearly with the time or the passes, whichever is further.

    Args:
        embedding, encoder: as in `language_model`.
        stores: encoded texts.
        seconds: float, time limit.
        over: function that returns whether to end now.
        seed: int, for the masked words and the negatives.

    Returns:
        The mean losses of pieces of `PIECE` batches.
    """
    data = HiddenWords(stores, embedding.input_dim, PIECE, seed=seed)
    pieces = -(-MAX_PASSES * data.tokens // (PIECE * data.texts * data.steps))
    clock = _Clock(seconds, pieces, over)
    model = language_model(embedding, encoder, data.chances)
    model.fit(prefetch(data), epochs=pieces, callbacks=[clock], verbose=0, shuffle=False)
    return clock.losses


def settle(
    model: keras.Model,
    reader: Sequence[keras.layers.Layer],
    batches: Batches,
    values: dict,
    over: Callable[[], bool],
) -> None:
    """Trains the layers above the encoder, whose first steps would otherwise undo pretraining.

    Args:
        model: the model.
        reader: its layers that are frozen.
        batches: training data.
        values: hyperparameters by path.
        over: function that returns whether to end now.
    """
    for layer in reader:
        layer.trainable = False
    rate = rate_for(values["batch_size"], values["learning_rate"])
    optimizer = RowAdamW(rate, clipnorm=1.0)
    model.compile(optimizer, model.loss, jit_compile=model.jit_compile)
    done = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: setattr(
            model, "stop_training", over() or batch + 1 >= SETTLING
        )
    )
    model.fit(prefetch(batches), callbacks=[done], verbose=0, shuffle=False)
    for layer in reader:
        layer.trainable = True


class _Clock(keras.callbacks.Callback):
    """Lowers the learning rate with time, and stops training at the time limit."""

    def __init__(self, seconds: float, pieces: int, over: Callable[[], bool]):
        super().__init__()
        self.seconds, self.pieces, self.over = seconds, pieces, over
        self.begun = time.monotonic()
        self.losses = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.rate = float(self.model.optimizer.learning_rate)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        done = max(self._spent() / self.seconds, epoch / self.pieces)
        self.model.optimizer.learning_rate = self.rate * max(1 - done, LAST_RATE)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if self.over() or self._spent() >= self.seconds:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.losses.append(float(logs["loss"]))
        if not np.isfinite(self.losses[-1]):
            raise FailedTrialError("The loss on hidden words is no longer a number.")

    def _spent(self) -> float:
        return time.monotonic() - self.begun


def _problem(record: TrialRecord | None, texts: int, seconds: float | None) -> str | None:
    """Returns the reason not to pretrain, as the end of a sentence, or None."""
    if record is None:
        return "no trial that has an encoder and no regions has a score."
    if texts < MIN_TEXTS:
        return f"{texts} texts are too few, it takes {MIN_TEXTS}; add unlabelled ones."
    if seconds < MIN_SECONDS:
        return "no time was left. Give more with max_time, and call it again on the same folder."
    return None


def _name(record: TrialRecord) -> str:
    return f"{record.trial_id}{PRETRAINED}"


def _begun(runner: TrialRunner) -> TrialRecord | None:
    """Returns the record of the trial that an earlier sitting has pretrained but not fine-tuned."""
    folder = runner.project_dir
    left = (each for each in runner.ranked() if can_resume(trial_dir(folder, _name(each))))
    return next(left, None)


def _best(runner: TrialRunner) -> TrialRecord | None:
    """Returns the record of the best trial whose encoder reads the embedding alone, or None."""
    records = (each for each in runner.ranked() if not each.derived)
    return next((each for each in records if _is_pretrainable(each.values)), None)


def _is_pretrainable(values: Mapping) -> bool:
    """Returns whether there is an encoder, and it does not read regions beside the embedding."""
    return values["encoder"] != "none" and not values.get("region_size")


def _seconds(runner: TrialRunner, record: TrialRecord) -> float:
    """Returns the seconds for pretraining: its share, less if fine-tuning would not fit."""
    budget, share = runner.budget, runner.plan.pretrain
    asked = share * (budget.seconds or budget.elapsed() / (1 - share))
    left = budget.search_left()
    return asked if left is None else min(asked, left - FINE_TUNING * record.seconds)


def _prepare(
    trial_id: str, values: dict, runner: TrialRunner, data: EncodedData, seconds: float
) -> list[float]:
    """Writes a pretrained model as the trial's resume point.

    Returns:
        The losses; [] if pretraining was interrupted.
    """
    seed = trial_seed(runner.plan.seed, trial_id)
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = runner.hypermodel.model(values)
    encoder = next(layer for layer in model.layers if isinstance(layer, Encoder))
    reader = [model.get_layer("embedding"), encoder]
    stores = [data.stores[role] for role in ROLES if data.size(role)]
    losses = learn(*reader, stores, seconds, runner.over, seed)
    if not runner.over():
        settle(model, reader, data.training(values, seed), values, runner.over)
    if runner.over():
        return []
    fresh = runner.hypermodel.model(values)
    fresh.set_weights(model.get_weights())
    save_resume_point(fresh, TrainingProgress(), runner.get_trial_dir(trial_id))
    return losses


def _fine_tune(trial: AtomicTrial, runner: TrialRunner) -> None:
    """Trains from the resume point, and writes the trial's file for stock KerasTuner."""
    goal = runner.oracle.objective
    score = runner.run_trial(trial)[goal.name]
    trial.status = TrialStatus.COMPLETED
    trial.metrics.register(goal.name, direction=goal.direction)
    trial.metrics.update(goal.name, score)
    runner.oracle.score_trial(trial)
    trial.save(Path(runner.get_trial_dir(trial.trial_id)) / TRIAL)
    runner.emit(TrialEnded(trial.trial_id, runner.records[trial.trial_id]))
