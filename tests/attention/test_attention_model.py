"""`attention_model` of models in which heads are inside others, called twice, or hidden in code."""

import keras
import numpy as np
import pytest
from keras import ops

from attn_tuner.attention import AdditiveHead, MultiHeadHead, PoolingHead, attention_model
from attn_tuner.attention.placed_weights import with_attention

IDS = np.array([[3, 4, 5, 0, 0], [6, 7, 8, 9, 1]], "int32")


def embedded(name=None):
    ids = keras.Input((None,), dtype="int32", name=name)
    return ids, keras.layers.Embedding(10, 4, mask_zero=True)(ids)


def plain(model):
    model.compile(jit_compile=False)
    return model


def classifier(name="head", **options):
    ids, states = embedded(**options)
    return keras.Model(ids, keras.layers.Dense(2)(AdditiveHead(units=5, name=name)(states)))


def weights_of(model, given=IDS):
    return plain(attention_model(model)).predict(given, verbose=0)


def check(weights, *names):
    assert list(weights) == list(names)
    for each in weights.values():
        np.testing.assert_allclose(each.sum(-1), 1.0, atol=1e-5)
        assert (each[0, :, 3:] == 0).all()


def test_a_head_of_a_nested_model_is_found():
    inner = classifier()
    ids = keras.Input((None,), dtype="int32")
    weights = weights_of(keras.Model(ids, inner(ids)))
    check(weights, "head")
    np.testing.assert_allclose(weights["head"], weights_of(inner)["head"], rtol=1e-5)


def test_a_head_beside_a_nested_model_with_one_is_found_as_well():
    ids, states = embedded()
    joined = keras.layers.Concatenate()([classifier()(ids), MultiHeadHead(name="outer")(states)])
    check(weights_of(keras.Model(ids, joined)), "head", "outer")


class Custom(keras.Model):
    """A model whose call is Python code, with heads in a list and one that returns its weights."""

    def __init__(self):
        super().__init__()
        self.embed = keras.layers.Embedding(10, 4, mask_zero=True)
        self.heads = [AdditiveHead(units=3, name="first"), PoolingHead(hops=2, name="second")]
        self.pool = MultiHeadHead(pool="additive", name="third")
        self.out = keras.layers.Dense(2)

    def call(self, ids, training=False):
        states = self.embed(ids)
        contexts = [head(states) for head in self.heads]
        contexts.append(self.pool(states, return_attention_scores=True)[0])
        return self.out(ops.concatenate(contexts, axis=-1))


def test_heads_of_a_subclassed_model_are_found():
    model = plain(Custom())
    before = model.predict(IDS, verbose=0)
    weights = weights_of(model)
    check(weights, "first", "second", "third")
    assert [each.shape[1] for each in weights.values()] == [1, 2, 4]
    np.testing.assert_array_equal(model.predict(IDS, verbose=0), before)


def test_heads_of_a_subclassed_model_that_was_never_called_are_found():
    check(weights_of(Custom()), "first", "second", "third")


def test_heads_of_a_subclassed_model_inside_a_functional_one_are_found():
    ids = keras.Input((None,), dtype="int32")
    check(weights_of(keras.Model(ids, Custom()(ids))), "first", "second", "third")


def shared():
    question, answer = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    embed, head = keras.layers.Embedding(10, 4, mask_zero=True), AdditiveHead(units=5, name="head")
    joined = keras.layers.Concatenate()([head(embed(question)), head(embed(answer))])
    return keras.Model([question, answer], keras.layers.Dense(2)(joined))


def test_a_head_that_is_called_twice_gives_the_weights_of_both_calls():
    other = np.array([[1, 2, 3, 0, 0], [9, 8, 7, 6, 5]], "int32")
    weights = weights_of(shared(), [IDS, other])
    check(weights, "head", "head_1")
    swapped = weights_of(shared(), [other, IDS])
    assert not np.allclose(weights["head"], weights["head_1"])
    assert swapped["head"].shape == weights["head_1"].shape


def test_a_head_that_two_models_share_has_the_weights_of_each_in_it():
    ids, states = embedded()
    head = AdditiveHead(units=5, name="head")
    one = keras.Model(ids, head(states))
    other_ids, other_states = embedded()
    other = keras.Model(other_ids, head(other_states))
    for model in (one, other):
        expected = model.layers[1](ops.convert_to_tensor(IDS))
        _, wanted = head(expected, return_attention_scores=True)
        wanted = ops.convert_to_numpy(wanted)
        np.testing.assert_allclose(weights_of(model)["head"], wanted, rtol=1e-5)


def test_heads_of_the_same_name_are_numbered():
    ids = keras.Input((None,), dtype="int32")
    joined = keras.layers.Add()([classifier()(ids), classifier()(ids), classifier()(ids)])
    check(weights_of(keras.Model(ids, joined)), "head", "head_1", "head_2")


@pytest.mark.parametrize("grown", [False, True])
def test_a_sequential_model_gives_the_weights_of_its_head(grown):
    layers = [
        keras.Input((None,), dtype="int32"),
        keras.layers.Embedding(10, 4, mask_zero=True),
        AdditiveHead(units=5, name="head"),
        keras.layers.Dense(2),
    ]
    model = keras.Sequential() if grown else keras.Sequential(layers)
    for layer in layers if grown else ():  # Calls the head again with each layer that follows it.
        model.add(layer)
    check(weights_of(model), "head")


def test_weights_can_be_exported_where_a_head_is_called_twice():
    ids, states = embedded()
    head = AdditiveHead(units=5, name="head")
    joined = keras.layers.Add()([head(states), head(states * 2.0)])
    found = plain(with_attention(keras.Model(ids, joined))).predict(IDS, verbose=0)
    assert found["weights"].shape == (2, 1, 5)


def test_a_subclassed_model_without_a_head_is_refused():
    class Headless(keras.Model):
        def __init__(self):
            super().__init__()
            self.out = keras.layers.Dense(2)

    with pytest.raises(ValueError, match="no attention head among its layers"):
        attention_model(Headless())
