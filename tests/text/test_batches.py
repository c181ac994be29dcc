"""Batches: every text once, none too long, few lengths, and an order that can be repeated."""

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.inputs.bucket_lengths import choose_bucket_lengths
from attn_tuner.inputs.truncation import TRUNCATIONS, truncate
from attn_tuner.text import Batches, TokenStore, balanced_weights


def store_of(lengths, labels=None, vocabulary_size=1_000_000):
    """Texts that tell themselves apart: text i holds i * 1000 + 2, i * 1000 + 3, ..."""
    rows = [np.arange(length) + 1000 * number + 2 for number, length in enumerate(lengths)]
    ids = np.concatenate([np.zeros(0, int), *rows]).astype(np.int32)
    offsets = np.cumsum([0, *lengths])
    labels = np.arange(len(lengths)) % 2 if labels is None else np.asarray(labels)
    return TokenStore(ids, offsets, labels.astype(np.int32), vocabulary_size, 5.0)


def read(batches):
    return [batches[index] for index in range(len(batches))]


def texts_in(batches):
    return [tuple(row[row > 0]) for batch in read(batches) for row in batch[0]]


lengths = st.lists(st.integers(0, 60), min_size=1, max_size=40)
limits = st.one_of(st.none(), st.integers(1, 50))


@given(
    lengths,
    st.integers(1, 9),
    limits,
    st.sampled_from(TRUNCATIONS),
    st.booleans(),
    st.integers(1, 8),
)
def test_every_text_comes_once_cut_as_asked_with_its_own_label(
    lengths, size, limit, truncation, shuffle, rungs
):
    store = store_of(lengths)
    batches = Batches(store, size, limit, truncation, shuffle=shuffle, bucket_count=rungs)
    expected = sorted(
        (*truncate(store[i].tolist(), limit, truncation), i % 2) for i in range(len(lengths))
    )
    found = [
        (*row[row > 0].tolist(), label)
        for ids, labels in read(batches)
        for row, label in zip(ids, labels, strict=True)
    ]
    assert sorted(found) == expected


@given(lengths, st.integers(1, 9), limits, st.integers(1, 8), st.integers(0, 3))
def test_batches_keep_to_their_limits(lengths, size, limit, rungs, seed):
    batches = Batches(store_of(lengths), size, limit, bucket_count=rungs, seed=seed)
    shapes = [batch[0].shape for batch in read(batches)]
    assert len({steps for _, steps in shapes}) <= rungs
    assert {steps for _, steps in shapes} <= set(batches.bucket_lengths)
    assert all(steps <= (limit or 64) for _, steps in shapes)
    assert all(steps >= 1 for _, steps in shapes)
    assert sorted(count for count, _ in shapes)[1:] == [size] * (len(shapes) - 1)
    assert batches.padded_tokens() == sum(count * steps for count, steps in shapes)
    for ids, labels in read(batches):
        assert ids.dtype == labels.dtype == np.int32


@given(lengths, st.integers(1, 9))
def test_predictions_return_to_the_order_of_the_texts(lengths, size):
    store = store_of(lengths)
    batches = Batches(store, size, shuffle=False)
    labels = np.concatenate([labels for _, labels in read(batches)])
    np.testing.assert_array_equal(batches.in_store_order(labels), store.labels)
    np.testing.assert_array_equal(batches.labels, store.labels)
    sums = np.concatenate([ids.sum(axis=1, keepdims=True) for ids, _ in read(batches)])
    own = [store[index].sum() for index in range(len(store))]
    np.testing.assert_array_equal(batches.in_store_order(sums)[:, 0], own)


def test_shuffled_batches_have_no_order_to_restore():
    with pytest.raises(DataError, match="Use shuffle=False"):
        Batches(store_of([3, 4])).in_store_order([[0], [1]])


@given(lengths)
def test_a_smaller_vocabulary_is_the_same_texts_with_unknown_tokens(lengths):
    store = store_of(lengths)
    whole = read(Batches(store, 4, shuffle=False))
    small = read(Batches(store, 4, shuffle=False, vocabulary_size=1500))
    for (ids, _), (limited, _) in zip(whole, small, strict=True):
        np.testing.assert_array_equal(limited, np.where(ids >= 1500, 1, ids))


def test_each_epoch_has_its_own_order_which_the_seed_repeats():
    store = store_of(np.arange(50) % 13)
    first, again, other = Batches(store, 8), Batches(store, 8), Batches(store, 8, seed=1)
    assert texts_in(first) == texts_in(again) != texts_in(other)
    before = texts_in(first)
    first.begin(1)
    assert texts_in(first) != before
    assert sorted(texts_in(first)) == sorted(before)
    first.begin(0)
    assert texts_in(first) == before


def test_a_resumed_epoch_has_the_batches_that_were_left():
    batches = Batches(store_of(np.arange(40)), 4)
    batches.begin(3)
    whole = texts_in(batches)
    done = [tuple(row[row > 0]) for ids, _ in read(batches)[:4] for row in ids]
    batches.begin(3, 4)
    assert len(batches) == 6
    assert sorted(done + texts_in(batches)) == sorted(whole)


def test_a_share_of_the_texts_can_be_taken():
    store = store_of([5] * 40)
    rows = store.fraction(0.25)
    batches = Batches(store, 4, rows=rows, shuffle=False)
    assert len(batches) == 3
    assert {text[0] // 1000 for text in texts_in(batches)} == set(rows)
    np.testing.assert_array_equal(batches.labels, store.labels[rows])


def test_weights_go_with_their_texts():
    store = store_of(np.arange(1, 30))
    batches = Batches(store, 4, sample_weight=np.arange(29) / 10)
    for ids, _, weights in read(batches):
        np.testing.assert_allclose(weights, (ids[:, 0] // 1000) / 10, rtol=1e-6)


def test_balanced_weights_make_classes_count_the_same():
    weights = balanced_weights([0, 0, 0, 1], 2)
    np.testing.assert_allclose(weights, [2 / 3, 2 / 3, 2 / 3, 2])
    assert weights.mean() == pytest.approx(1)


def test_batches_of_nothing_are_refused():
    with pytest.raises(DataError, match="no texts to make batches of"):
        Batches(store_of([1, 2]), rows=[])
    with pytest.raises(DataError, match="The batch size is 0"):
        Batches(store_of([1, 2]), 0)


def cost(lengths, rungs):
    return sum(min(rung for rung in rungs if rung >= length) for length in lengths)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 64), min_size=1, max_size=30), st.integers(1, 4))
def test_no_other_ladder_of_as_many_rungs_pads_less(lengths, rungs):
    found = choose_bucket_lengths(lengths, rungs)
    assert len(found) <= rungs
    assert (np.diff(found) > 0).all()
    padded = [max(8, -(-length // 8) * 8) for length in lengths]
    top = max(padded)
    best = min(
        cost(padded, each)
        for count in range(1, rungs + 1)
        for each in itertools.combinations(sorted({*padded}), min(count, len({*padded})))
        if max(each) == top
    )
    assert cost(padded, found) == best


def test_the_ladder_stays_under_its_limit_and_copes_with_very_many_lengths():
    assert choose_bucket_lengths([5, 700], limit=500).tolist() == [8, 500]
    assert choose_bucket_lengths([0], limit=3).tolist() == [3]
    assert choose_bucket_lengths([], limit=None).tolist() == [8]
    many = choose_bucket_lengths(np.arange(1, 100_000), bucket_count=6)
    assert len(many) == 6
    assert many[-1] == 100_000


def small_model():
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(50, 4)(ids)
    pooled = keras.layers.GlobalMaxPooling1D()(embedded)
    model = keras.Model(ids, keras.layers.Dense(1, activation="sigmoid")(pooled))
    model.compile("adam", "binary_crossentropy")
    return model


class Traced(keras.layers.Layer):
    """Counts how often it is compiled rather than run."""

    shapes = None

    def call(self, ids):
        self.shapes.append(tuple(ids.shape))
        return ids


@pytest.mark.parametrize("count", [1, 3, 8, 60])
def test_keras_trains_on_lengths_that_vary_without_compiling_again(count):
    store = store_of(7 * np.arange(count) % 50, vocabulary_size=50)
    batches = Batches(store, 4, vocabulary_size=50)
    held_out = Batches(store, 4, vocabulary_size=50, shuffle=False)
    model = small_model()
    ids = keras.Input((None,), dtype="int32")
    traced = Traced()
    traced.shapes = []
    counted = keras.Model(ids, model(traced(ids)))
    counted.compile("adam", "binary_crossentropy")
    counted.fit(batches, epochs=1, verbose=0)
    traced.shapes.clear()
    counted.fit(batches, epochs=4, initial_epoch=1, verbose=0, validation_data=held_out)
    compiled = len(traced.shapes)
    ladders = len(batches.bucket_lengths) + 1  # One more for the batch that is not full.
    most = {"tensorflow": 2, "jax": 2 * ladders}  # For training and for evaluation.
    assert compiled <= most.get(keras.backend.backend(), compiled)
    # Where one batch is the whole epoch, Keras on JAX counts its look at the data as an epoch.
    assert batches.epoch == 4 or len(batches) == 1
    assert held_out.in_store_order(counted.predict(held_out, verbose=0)).shape == (count, 1)


def test_epochs_in_fit_follow_the_orders_of_begin():
    store = store_of(np.arange(1, 30), vocabulary_size=50)
    seen, taken = [], Batches.__getitem__

    class Watched(Batches):
        def __getitem__(self, index):
            seen.append((self.epoch, index))
            return taken(self, index)

    batches = Watched(store, 4, vocabulary_size=50)
    batches.begin(2)
    small_model().fit(batches, initial_epoch=2, epochs=4, verbose=0, shuffle=False)
    for epoch in (2, 3):
        assert {index for each, index in seen if each == epoch} == set(range(8))
    assert {epoch for epoch, _ in seen} <= {2, 3, 4}
