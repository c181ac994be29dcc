"""`fit` takes the data that Keras takes, and what the caller says of batches and epochs goes."""

import keras
import keras_tuner
import numpy as np
import pytest

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.space import Choice


class Recorder:
    """A model that only remembers how it was fitted."""

    def fit(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs
        return "history"


@pytest.fixture
def hp(hypermodel):
    hp = hypermodel.hyperparameters()
    hp.values["batch_size"] = 16
    return hp


def fitted(hypermodel, hp, *args, **kwargs):
    model = Recorder()
    assert hypermodel.fit(hp, model, *args, **kwargs) == "history"
    assert all(one is other for one, other in zip(model.args, args, strict=True))
    return model.kwargs


@pytest.mark.parametrize("wrap", [np.array, lambda ids: [ids], lambda ids: {"ids": ids}])
def test_data_in_memory_is_given_the_batch_size_of_the_trial(hypermodel, hp, ids, labels, wrap):
    assert fitted(hypermodel, hp, wrap(ids), labels) == {"batch_size": 16}
    assert fitted(hypermodel, hp, x=wrap(ids), y=labels)["batch_size"] == 16


def test_the_callers_batch_size_wins_by_name_and_by_place(hypermodel, hp, ids, labels):
    assert fitted(hypermodel, hp, ids, labels, batch_size=5) == {"batch_size": 5}
    assert fitted(hypermodel, hp, ids, labels, batch_size=None) == {"batch_size": None}
    assert fitted(hypermodel, hp, ids, labels, 5, 2) == {}


def test_epochs_come_from_the_space_only_where_the_caller_names_none(narrow, ids, labels):
    hypermodel = AttentionHyperModel(50, 2, space=narrow.extend(epochs=Choice((3, 9))))
    hp = hypermodel.hyperparameters()
    assert fitted(hypermodel, hp, ids, labels)["epochs"] == 3
    assert fitted(hypermodel, hp, ids, labels, epochs=7, initial_epoch=2)["epochs"] == 7
    assert "epochs" not in fitted(hypermodel, hp, ids, labels, 8, 7)


def test_the_values_are_found_inside_a_name_scope(hypermodel, ids, labels):
    hp = keras_tuner.HyperParameters()
    with hp.name_scope("text"):
        hypermodel.build(hp)
    hp.values["text/batch_size"] = 8
    assert fitted(hypermodel, hp, ids, labels) == {"batch_size": 8}


class Batches(keras.utils.PyDataset):
    """Four batches of eight."""

    def __init__(self, ids, labels):
        super().__init__()
        self.ids, self.labels = ids, labels

    def __len__(self):
        return 4

    def __getitem__(self, index):
        part = slice(8 * index, 8 * index + 8)
        return self.ids[part], self.labels[part]


def as_tf_data(ids, labels):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((ids, labels)).batch(8)


@pytest.mark.parametrize("batches", [as_tf_data, Batches])
def test_data_in_batches_keeps_its_own(hypermodel, hp, ids, labels, batches):
    model = hypermodel.build(hp)
    hypermodel.fit(hp, model, batches(ids, labels), epochs=1, verbose=0)
    assert int(model.optimizer.iterations) == 4


def test_arrays_are_trained_in_batches_of_the_trial(hypermodel, hp, ids, labels):
    model = hypermodel.build(hp)
    hypermodel.fit(hp, model, ids, labels, epochs=2, verbose=0)
    assert int(model.optimizer.iterations) == 4
