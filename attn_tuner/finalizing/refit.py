"""The winner trained once more, on the validation texts as well."""

import copy
import math

import keras
import numpy as np

from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.prefetch import prefetch
from attn_tuner.training.row_adamw import swap_averages


def refitted(record: TrialRecord, hypermodel, stored, budget) -> keras.Model | None:
    """A model of the record's values, trained as many epochs as validation chose for it.

    An epoch has more texts now, so it has more steps, and the learning rate falls over as many
    more. Nothing is left to judge the model by but the test part.

    Args:
        record: of the trial.
        hypermodel: an `AttentionHyperModel`.
        stored: a `EncodedData`.
        budget: ends the training where it is over.

    Returns:
        The model, or None where the time was over or the loss was no longer a number.
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
    """Ends the training behind its last step, with the time, or when it has gone astray."""

    def __init__(self, steps: int, budget):
        super().__init__()
        self.steps, self.budget = steps, budget
        self.done, self.loss = 0, float("nan")

    def on_train_batch_end(self, batch, logs=None):
        self.done += 1
        self.loss = float((logs or {}).get("loss", float("nan")))
        if self.done >= self.steps or self.budget.expired() or not np.isfinite(self.loss):
            self.model.stop_training = True
