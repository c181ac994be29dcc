"""Batches of any shape, predicted by a function of the model that is traced once."""

import logging

import keras
import numpy as np
import pytest

from attn_tuner.inputs.predictor import Predictor
from attn_tuner.text import Batches
from attn_tuner.text.token_store import TokenStore

CALLS = []


class Counted(keras.layers.Layer):
    """Notes that it was called or traced."""

    def call(self, inputs):
        CALLS.append(inputs.shape)
        return inputs


@pytest.fixture
def model():
    ids = keras.Input((None,), dtype="int32")
    states = Counted()(keras.layers.Embedding(50, 3)(ids))
    made = keras.Model(ids, keras.layers.GlobalAveragePooling1D()(states))
    CALLS.clear()
    return made


@pytest.fixture
def batches(rng):
    lengths = rng.integers(1, 30, 70)
    ids = rng.integers(2, 50, lengths.sum()).astype("int32")
    store = TokenStore(ids, np.cumsum([0, *lengths]), np.zeros(70, "int32"), 50, 4.0)
    return Batches(store, 16, shuffle=False)


def test_inputs_are_predicted_as_by_keras_in_the_order_of_the_store(model, batches):
    expected = batches.in_store_order(model.predict(batches, verbose=0))
    np.testing.assert_allclose(Predictor(model).in_store_order(batches), expected, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="elsewhere Keras traces")
def test_batches_of_all_shapes_share_one_trace(model, batches):
    predictor = Predictor(model)
    predictor.in_store_order(batches)
    predictor(np.ones((3, 4), "int32"))
    assert len(CALLS) == 1


def test_a_model_may_have_several_inputs():
    ids, columns = keras.Input((None,), dtype="int32"), keras.Input((2,))
    words = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(9, 2)(ids))
    model = keras.Model([ids, columns], keras.layers.Add()([words, columns]))
    given = np.ones((3, 5), "int32"), np.ones((3, 2), "float32")
    np.testing.assert_allclose(Predictor(model)(given), model.predict_on_batch(list(given)))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow warns")
def test_many_models_are_predicted_without_a_warning_of_retracing():
    said, handler = [], logging.Handler()
    handler.emit = said.append
    logging.getLogger("tensorflow").addHandler(handler)
    try:
        for _ in range(8):
            model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
            Predictor(model)(np.ones((1, 2), "float32"))
    finally:
        logging.getLogger("tensorflow").removeHandler(handler)
    assert not said
