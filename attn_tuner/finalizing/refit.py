"""Trains what is exported again, on training and validation texts together."""

import copy
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np

from attn_tuner.baselines.members import member_of
from attn_tuner.finalizing.candidates import Candidate
from attn_tuner.finalizing.time_reserve import refit_seconds, room_for_refit
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.storage.checked_files import read_arrays
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import BASELINE_NAMES, TrialRecord
from attn_tuner.training.row_adamw import swap_averages
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.tuner import TrialRunner


def refit_members(
    candidate: Candidate, runner: TrialRunner, stored: EncodedData, budget: Budget
) -> dict[str, Any]:
    """Trains the members of a candidate again, those of the greatest weight first.

    A member stays as it is where too little time is left for it, where its encoder was pretrained
    or it learnt from a teacher, or where its training did not end well; so does a baseline of
    grouped or dated texts.

    Args:
        candidate: what is to be exported.
        runner: the `TrialRunner` that trained it.
        stored: the run's `EncodedData`.
        budget: the run's `Budget`.

    Returns:
        Id of a member to its new weights, as `build_candidate` takes them.
    """
    again: dict[str, Any] = {}
    for record in candidate.records:
        if record.trial_id in BASELINE_NAMES:
            found: Any = _baseline_again(candidate, runner, stored, budget)
        elif record.derived or not room_for_refit(
            budget, stored, candidate.records, refit_seconds(record, stored)
        ):
            continue
        else:
            model = refit(record, runner.hypermodel, stored, budget)
            found = model and model.get_weights()
        if found:
            again[record.trial_id] = found
    return again


def _baseline_again(
    candidate: Candidate, runner: TrialRunner, stored: EncodedData, budget: Budget
) -> dict[str, Any]:
    """Fits the baseline on both parts; returns what it learnt, empty if it was not."""
    training, validation = stored.stores["train"], stored.stores["validation"]
    member, rows = member_of(runner.plan.input), Run.read(runner.project_dir).baselines
    seconds = next((row["seconds"] for row in rows if row["name"] == member.name), math.inf)
    grouped = training.groups is not None or training.times is not None
    if grouped or not room_for_refit(budget, stored, candidate.records, seconds):
        return {}
    both = type(training).concatenate([training, validation])
    classes, parts = candidate.answers.shape[1], {"validation": validation}
    before = read_arrays(Path(runner.project_dir) / member.learnt)
    like = {"like": before} if member.settled else {}
    return member.part("fit")(both, parts, classes, runner.plan.seed, **like).learnt


def refit(
    record: TrialRecord, hypermodel: AttentionHyperModel, stored: EncodedData, budget: Budget
) -> keras.Model | None:
    """Trains the model of a trial again, for as many epochs as gave its best score.

    An epoch has more texts and so more steps, and the learning rate schedule is longer. The model
    can then be measured on the test part only.

    Args:
        record: record of the trial.
        hypermodel: an `AttentionHyperModel`.
        stored: the run's `EncodedData`.
        budget: the `Budget`, whose end stops the training.

    Returns:
        The model; None where the time limit stopped it or the loss was not finite.
    """
    batches = stored.everything(record.trained, record.seed)
    return train_again(record, hypermodel, batches, budget)


def train_again(
    record: TrialRecord, hypermodel: AttentionHyperModel, batches: LengthBatches, budget: Budget
) -> keras.Model | None:
    """Trains the model of a trial on these batches, for as many epochs as gave its best score.

    Args:
        record: record of the trial.
        hypermodel: an `AttentionHyperModel`.
        batches: what it learns from.
        budget: the `Budget`, whose end stops the training.

    Returns:
        The model; None where the time limit stopped it or the loss was not finite.
    """
    hypermodel = copy.copy(hypermodel)
    hypermodel.training_texts = len(batches.rows)
    keras.utils.clear_session()
    keras.utils.set_random_seed(record.seed)
    model = hypermodel.model(record.trained)
    return model if fitted(model, batches, record.metrics["epochs"], budget) else None


def fitted(model: keras.Model, batches: LengthBatches, epochs: float, budget: Budget) -> bool:
    """Trains a model for some epochs; returns whether that ended in time, with a finite loss.

    Args:
        model: `keras.Model`, compiled.
        batches: what it learns from.
        epochs: float, which may end in the middle of one.
        budget: the `Budget`, whose end stops the training.
    """
    steps = math.ceil(epochs * len(batches))
    guard = TrainingGuard(steps, budget)
    model.fit(
        prefetch(batches),
        epochs=math.ceil(steps / len(batches)),
        callbacks=[guard],
        verbose=0,
        shuffle=False,
    )
    swap_averages(model)
    return guard.done == steps and bool(np.isfinite(guard.loss))


class TrainingGuard(keras.callbacks.Callback):
    """Stops training after its last step, at the time limit, or at a loss that is not finite.

    Args:
        steps: int, batches to train.
        budget: the `Budget`.
    """

    def __init__(self, steps: int, budget: Budget):
        super().__init__()
        self.steps, self.budget = steps, budget
        self.done, self.loss = 0, float("nan")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.done += 1
        self.loss = float((logs or {}).get("loss", float("nan")))
        if self.done >= self.steps or self.budget.expired() or not np.isfinite(self.loss):
            self.model.stop_training = True
