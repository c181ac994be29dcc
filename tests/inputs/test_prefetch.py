"""Batches on their way into Keras."""

import keras
import numpy as np
import pytest

from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.text import Batches
from attn_tuner.text.token_store import TokenStore


@pytest.fixture
def store(rng):
    lengths = rng.integers(1, 30, 70)
    ids = rng.integers(2, 50, lengths.sum()).astype("int32")
    labels = rng.integers(0, 2, 70).astype("int32")
    return TokenStore(ids, np.cumsum([0, *lengths]), labels, 50, 4.0)


def read(streamed):
    """An epoch's batches as arrays."""
    return [tuple(np.asarray(each) for each in batch) for batch in streamed]


def same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def expected_epochs(store, count, **options):
    batches = Batches(store, 16, **options)
    for epoch in range(count):
        batches.begin(epoch)
        yield [batches[index] for index in range(len(batches))]


tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="elsewhere it is the batches",
)


@tensorflow
@pytest.mark.parametrize("weights", [None, np.linspace(0, 1, 70)], ids=["plain", "weighed"])
def test_every_epoch_is_that_of_the_batches_themselves(store, weights):
    options = {"seed": 3, "sample_weight": weights}
    streamed = prefetch(Batches(store, 16, **options))
    for epoch in expected_epochs(store, 3, **options):
        same(read(streamed), epoch)


@tensorflow
def test_what_is_left_of_an_epoch_comes_before_the_next(store):
    batches = Batches(store, 16, seed=1)
    batches.begin(0, 2)
    whole, following = expected_epochs(store, 2, seed=1)
    first = read(prefetch(batches))
    assert len(first) == len(whole) - 2
    assert {each[0].tobytes() for each in first} < {each[0].tobytes() for each in whole}
    same(read(prefetch(batches)), following)


@tensorflow
def test_its_length_is_known_and_its_threads_are_not_tuned(store):
    batches = Batches(store, 16)
    streamed = prefetch(batches)
    assert int(streamed.cardinality()) == len(batches)
    assert streamed.options().autotune.enabled is False
    ids, labels = streamed.element_spec
    assert ids.shape.as_list() == [None, None]
    assert labels.shape.as_list() == [None]


def test_answers_come_in_the_order_of_the_batches(store):
    model = keras.Sequential([keras.Input((None,)), keras.layers.Lambda(lambda x: x[:, :1])])
    batches = Batches(store, 16, shuffle=False)
    answers = batches.in_store_order(model.predict(prefetch(batches), verbose=0))
    assert answers[:, 0].tolist() == [store.ids[start] for start in store.offsets[:-1]]
    again = batches.in_store_order(model.predict(prefetch(batches), verbose=0))
    np.testing.assert_array_equal(again, answers)


@tensorflow
def test_the_next_epoch_is_set_before_the_last_batch_is_out(store):
    batches = Batches(store, 16, seed=1)
    epoch = iter(prefetch(batches))
    for _ in range(len(batches)):
        next(epoch)
    assert batches.epoch == 1


@tensorflow
def test_what_is_left_of_an_epoch_may_have_a_single_length(store):
    batches = Batches(store, 16, seed=1)
    whole, following = expected_epochs(store, 2, seed=1)
    batches.begin(0, len(batches) - 1)
    streamed = prefetch(batches)
    same(read(streamed), whole[-1:])
    streamed = prefetch(batches)
    same(read(streamed), following)
