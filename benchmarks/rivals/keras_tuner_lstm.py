"""KerasTuner as its tutorials use it: random search over a recurrent model with attention.

A `TextVectorization` of 20,000 words cut at 256 tokens, an LSTM or GRU in one direction or both,
additive attention or the mean, early stopping. The model with the best validation accuracy at the
end of an epoch answers. Texts of languages without spaces are read by character.

Reference:
    https://keras.io/guides/keras_tuner/getting_started/
"""

import contextlib
import tempfile
import time

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from exchange import Answers, Task, answer, spaced

WORDS, TOKENS, EPOCHS = 20_000, 256, 10


class OutOfTime(keras_tuner.errors.FatalError):
    """Ends the search; KerasTuner takes other errors for failures of a model."""


class BestEpoch(keras.callbacks.Callback):
    """Keeps the best model of all trials, and ends the search when its time is over.

    Args:
        path: of the file for the model.
        until: float, `time.monotonic()` at which the time is over.
    """

    def __init__(self, path: str, until: float):
        super().__init__()
        self.path, self.until, self.best = path, until, -1.0

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_accuracy"] > self.best:
            self.best = logs["val_accuracy"]
            self.model.save(self.path)
        if time.monotonic() > self.until:
            raise OutOfTime

    def on_train_batch_end(self, batch, logs=None):
        # The first epoch may take longer than the time; then its end is the only answer.
        if self.best >= 0 and time.monotonic() > self.until:
            raise OutOfTime

    def __deepcopy__(self, memo):  # KerasTuner copies callbacks for each trial.
        return self


def built(hp: keras_tuner.HyperParameters, classes: int) -> keras.Model:
    """Builds one model of the space."""
    inputs = keras.Input((TOKENS,), dtype="int64")
    states = keras.layers.Embedding(WORDS, hp.Int("embedding", 32, 128, step=32), mask_zero=True)(
        inputs
    )
    cells = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
    kind = cells[hp.Choice("cell", list(cells))]
    cell = kind(hp.Int("units", 32, 128, step=32), return_sequences=True)
    states = (keras.layers.Bidirectional(cell) if hp.Boolean("both") else cell)(states)
    if hp.Choice("head", ["additive", "mean"]) == "additive":
        scores = keras.layers.Dense(1)(keras.layers.Dense(64, activation="tanh")(states))
        scores = keras.ops.where(inputs[:, :, None] == 0, -1e9, scores)
        context = keras.ops.sum(keras.ops.softmax(scores, axis=1) * states, axis=1)
    else:
        context = keras.layers.GlobalAveragePooling1D()(states)
    context = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1))(context)
    model = keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(context))
    rate = hp.Float("learning_rate", 3e-4, 1e-2, sampling="log")
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def fit(task: Task) -> Answers:
    """Searches until the time is over."""
    until = time.monotonic() + task.seconds
    keras.utils.set_random_seed(task.seed)
    vectorize = keras.layers.TextVectorization(WORDS, output_sequence_length=TOKENS)

    def strings(texts):
        return tf.constant([spaced(text, task.language) for text in texts])

    vectorize.adapt(tf.data.Dataset.from_tensor_slices(strings(task.train[0])).batch(1024))
    x, x_validation, x_test = (
        vectorize(strings(texts)).numpy()
        for texts in (task.train[0], task.validation[0], task.test)
    )
    with tempfile.TemporaryDirectory() as folder:
        best = BestEpoch(f"{folder}/best.keras", until)
        tuner = keras_tuner.RandomSearch(
            lambda hp: built(hp, task.classes),
            "val_accuracy",
            max_trials=1000,
            directory=folder,
            project_name="stock",
            seed=task.seed + 1,  # KerasTuner takes 0 for none.
        )
        with contextlib.suppress(OutOfTime):
            tuner.search(
                x,
                np.array(task.train[1]),
                validation_data=(x_validation, np.array(task.validation[1])),
                epochs=EPOCHS,
                batch_size=64,
                callbacks=[best, keras.callbacks.EarlyStopping("val_accuracy", patience=2)],
                verbose=0,
            )
        model = keras.models.load_model(best.path)
        trials = len(tuner.oracle.trials)
    classes = [
        model.predict(part, batch_size=256, verbose=0).argmax(axis=1).tolist()
        for part in (x_validation, x_test)
    ]
    return Answers(*classes, ["keras-tuner", "keras", "tensorflow"], f"{trials} trials begun")


if __name__ == "__main__":
    answer(fit)
