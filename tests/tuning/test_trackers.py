import keras
import numpy as np
import pytest

from attn_tuner.tuning.trial.training_loop import Schedule, train


class Rows(keras.utils.PyDataset):
    """One batch of rows, as `train` asks for them."""

    labels = np.array([0, 1] * 8, "int32")

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.labels[:, None].astype("float32"), self.labels

    def begin(self, epoch, batch=0):
        pass

    def in_store_order(self, predictions):
        return predictions


def test_tensorboard_shows_the_measures_and_values_of_a_trial(tmp_path):
    hparams = pytest.importorskip("tensorboard.plugins.hparams.api")
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    callbacks = [
        keras.callbacks.TensorBoard(str(tmp_path)),
        hparams.KerasCallback(str(tmp_path), {"encoder": "gru", "units": 64}, trial_id="7"),
    ]
    train(model, Rows(), Rows(), Schedule(epochs=2), keras_callbacks=callbacks)
    tags = set()
    for place in [tmp_path, *tmp_path.rglob("*")]:
        if place.is_dir() and any(place.glob("events*")):
            read = events.EventAccumulator(str(place))
            read.Reload()
            tags |= set(read.Tags()["tensors"])
    assert {"epoch_loss", "epoch_accuracy", "epoch_f1_macro"} <= tags
    assert "epoch_seconds" not in tags
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("events*"))
    assert b"encoder" in written
    assert b"_hparams_" in written
