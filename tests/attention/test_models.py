"""Heads inside models: saved, reloaded, compiled, fed two lengths, trained.

One model holds every head, so that Keras traces once what all of them need. They are compiled
without XLA, which Keras would otherwise choose even for predict, and which takes minutes for all.
"""

import itertools

import keras
import numpy as np
import pytest

from attn_tuner.attention import PoolingHead, attention_model, heads
from attn_tuner.attention.fusions import fusions
from attn_tuner.attention.queries import queries
from attn_tuner.encoding import Projection, encoders
from attn_tuner.testing import far_corner

TENSORFLOW = keras.backend.backend() == "tensorflow"
SIMPLE = [name for name in encoders if name not in ("bilstm", "lstm", "gru")]


def every_head(encoder="none"):
    """Ids to every head's context, from an embedding that makes the mask."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    states = keras.layers.Embedding(20, 8, mask_zero=True, name="embedding")(ids)
    contexts = {name: far_corner(heads[name], name=name)(states) for name in heads}
    return plain(keras.Model(ids, contexts))


def every_encoder():
    """Ids to every encoder's states, with the mask given by hand."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    mask = keras.ops.not_equal(ids, 0)
    embedded = keras.layers.Embedding(20, 8, name="embedding")(ids)
    made = {name: far_corner(encoders[name], name=name) for name in SIMPLE}
    made["projection"] = Projection(units=3, name="projection")
    states = {name: layer(embedded, mask=mask) for name, layer in made.items()}
    return plain(keras.Model(ids, states))


def plain(model):
    """The model, to be run without XLA."""
    model.compile(jit_compile=False)
    return model


@pytest.fixture(scope="module")
def model():
    return every_head()


@pytest.fixture(scope="module")
def ids():
    return np.array([[3, 4, 5, 6, 7, 8, 9], [10, 11, 12, 0, 0, 0, 0], [0] * 7], "int32")


def answers(model, ids):
    """What the model gives without a trace, which would cost more."""
    found = model(ids, training=False)
    return {name: keras.ops.convert_to_numpy(each) for name, each in found.items()}


def predicted(model, ids):
    return {name: np.asarray(each) for name, each in model.predict(ids, verbose=0).items()}


def same(found, wanted, tolerance=0.0):
    for name in wanted:
        assert np.max(np.abs(found[name] - wanted[name])) <= tolerance, name


def test_one_model_takes_two_lengths(model, ids):
    wanted = predicted(model, ids)
    longer = predicted(model, np.pad(ids, ((0, 0), (0, 4))))
    same(longer, wanted, 2e-6)


@pytest.mark.parametrize("make", [every_head, every_encoder])
def test_a_saved_model_comes_back_to_the_last_bit(make, ids, tmp_path):
    model = make()
    wanted = answers(model, ids)
    model.save(tmp_path / "model.keras")
    same(answers(keras.models.load_model(tmp_path / "model.keras"), ids), wanted)
    model.save_weights(tmp_path / "model.weights.h5")
    other = make()
    for weight in other.weights:
        weight.assign(weight * 0 + 0.1)
    other.load_weights(tmp_path / "model.weights.h5")
    same(answers(other, ids), wanted)


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize")
@pytest.mark.parametrize("make", [every_head, every_encoder])
def test_a_quantized_model_answers_nearly_alike_and_can_be_saved(make, ids, tmp_path):
    model = make()
    wanted = answers(model, ids)
    model.quantize("int8")
    quantized = answers(plain(model), ids)
    same(quantized, wanted, 0.2)
    model.save(tmp_path / "model.keras")
    same(answers(plain(keras.models.load_model(tmp_path / "model.keras")), ids), quantized)


@pytest.mark.slow  # The normal run has each head and encoder in a SavedModel of ours.
@pytest.mark.skipif(not TENSORFLOW, reason="A SavedModel is TensorFlow's.")
def test_a_saved_model_of_tensorflow_answers_alike(model, ids, tmp_path):
    import tensorflow as tf

    model.export(tmp_path / "exported", verbose=False)
    # Its functions do not keep it alive.
    loaded = tf.saved_model.load(str(tmp_path / "exported"))
    same(
        {name: each.numpy() for name, each in loaded.serve(ids).items()},
        predicted(model, ids),
        1e-6,
    )


def test_attention_of_every_head_can_be_read_from_a_model(model, ids):
    weights = attention_model(model)(ids)
    assert set(weights) == set(heads)
    for name, each in weights.items():
        each = keras.ops.convert_to_numpy(each)
        assert each.shape[0] == 3, name
        np.testing.assert_allclose(each[:2].sum(-1), 1, atol=1e-5)
        assert (each[1, :, 3:] == 0).all(), name
        assert (each[2] == 0).all(), name


def test_a_model_without_a_head_has_no_attention_to_read():
    inputs = keras.Input((3,))
    with pytest.raises(ValueError, match="no attention head among its layers"):
        attention_model(keras.Model(inputs, keras.layers.Dense(1)(inputs)))


@pytest.mark.slow
@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="Keras has no jit_compile on PyTorch's CPU."
)
def test_compiled_and_not_compiled_agree(ids):
    outcomes = []
    for jit in (False, True):
        model = every_head()
        targets = {
            name: np.ones(each.shape, "float32") for name, each in predicted(model, ids).items()
        }
        model.compile("sgd", dict.fromkeys(targets, "mse"), jit_compile=jit)
        model.fit(ids, targets, verbose=0)
        outcomes.append(predicted(model, ids))
    same(outcomes[1], outcomes[0], 2e-5)


@pytest.mark.parametrize("name", ["additive", "mean", "local_dot"])
def test_the_mask_does_not_reach_the_loss(name):
    """With as many texts as steps, a mask that is passed on would multiply the loss by it."""
    ids = np.array([[1, 2, 0, 0], [3, 0, 0, 0], [4, 5, 6, 0], [7, 8, 9, 1]], "int32")
    inputs = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(10, 4, mask_zero=True)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(heads[name]()(states)))
    model.compile("sgd", "mse", jit_compile=False)
    wanted = np.mean((np.asarray(model.predict(ids, verbose=0))[:, 0] - 1) ** 2)
    assert model.evaluate(ids, np.ones((4, 1)), verbose=0) == pytest.approx(wanted, rel=1e-4)


def test_the_last_state_behind_a_bidirectional_encoder_is_not_the_zero_vector():
    embedded = np.random.default_rng(0).normal(size=(2, 6, 4)).astype("float32")
    mask = np.arange(6)[None] < np.array([[6], [2]])
    states = encoders["bigru"](units=3)(embedded, mask=mask)
    context = keras.ops.convert_to_numpy(heads["last"]()(states, mask=mask))
    states = keras.ops.convert_to_numpy(states)
    np.testing.assert_array_equal(context[1], states[1, 1])
    assert np.any(context[1])
    assert not np.any(states[1, 5])


def test_every_query_meets_every_fusion_in_texts_of_any_length():
    products = list(itertools.product(queries, fusions, (1, 2)))
    states = keras.Input((None, 4))
    contexts = [
        PoolingHead(score="dot", query=query, fusion=fusion, hops=hops)(states)
        for query, fusion, hops in products
    ]
    model = keras.Model(states, contexts)
    if TENSORFLOW:  # Where the number of steps is unknown while the graph is made.
        import tensorflow as tf

        model = tf.function(model, input_signature=[tf.TensorSpec((None, None, 4))])
    given = np.random.default_rng(0).normal(size=(3, 7, 4)).astype("float32")
    for part, found in zip(products, model(given), strict=True):
        assert np.isfinite(keras.ops.convert_to_numpy(found)).all(), part
