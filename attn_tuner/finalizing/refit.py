"""Trains the best model again on training and validation texts together."""

import copy
import math

import keras
import numpy as np

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.prefetch import prefetch
from attn_tuner.training.row_adamw import swap_averages
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_data import EncodedData


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
    hypermodel = copy.copy(hypermodel)
    hypermodel.training_texts = len(batches.rows)
    keras.utils.clear_session()
    keras.utils.set_random_seed(record.seed)
    model = hypermodel.model(record.trained)
    steps = math.ceil(record.metrics["epochs"] * len(batches))
    guard = _Guard(steps, budget)
    epochs = math.ceil(steps / len(batches))
    model.fit(prefetch(batches), epochs=epochs, callbacks=[guard], verbose=0, shuffle=False)
    swap_averages(model)
    return model if guard.done == steps and np.isfinite(guard.loss) else None


class _Guard(keras.callbacks.Callback):
    """Stops training after its last step, at the time limit, or at a loss that is not finite."""

    def __init__(self, steps: int, budget: Budget):
        super().__init__()
        self.steps, self.budget = steps, budget
        self.done, self.loss = 0, float("nan")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.done += 1
        self.loss = float((logs or {}).get("loss", float("nan")))
        if self.done >= self.steps or self.budget.expired() or not np.isfinite(self.loss):
            self.model.stop_training = True
