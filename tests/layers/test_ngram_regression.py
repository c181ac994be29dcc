"""The linear baseline as a model of ids answers as the baseline itself does."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.baselines.baselines import linear_baseline
from attn_tuner.errors import SpaceError
from attn_tuner.layers.ngram_regression import NgramRegression, linear_model
from attn_tuner.text.ngram_hashing import BUCKETS, log_count, next_bucket
from attn_tuner.text.token_store import TokenStore

WORDS = 12


def store(texts, labels, token_length=4.0):
    """The `TokenStore` of texts that are given as lists of ids."""
    lengths = [len(each) for each in texts]
    ids = np.array([each for one in texts for each in one], "int32")
    return TokenStore(ids, np.cumsum([0, *lengths]), labels, WORDS, token_length)


def padded(texts):
    longest = max(1, *map(len, texts))
    return np.array([[*each, *[0] * (longest - len(each))] for each in texts], "int32")


def learn(texts, labels, classes, token_length=4.0):
    """The baseline's answers to its own training texts, and those of its model."""
    part = store(texts, np.asarray(labels), token_length)
    found = linear_baseline(part, {"validation": part}, classes)
    model = linear_model(found.learnt)
    given = keras.ops.convert_to_numpy(model.predict(padded(texts), verbose=0))
    return found.probabilities["validation"], given


@pytest.fixture
def texts(rng):
    return [list(map(int, rng.integers(1, WORDS, rng.integers(0, 40)))) for _ in range(60)]


@pytest.mark.parametrize("token_length", [4.0, 1.0], ids=["words", "characters"])
def test_of_two_classes_it_gives_the_probability_of_the_second(texts, token_length):
    labels = np.array([each.count(3) > 2 for each in texts], "int32")
    theirs, ours = learn(texts, labels, 2, token_length)
    np.testing.assert_allclose(ours[:, 0], theirs[:, 1], atol=1e-5)


def test_of_more_classes_it_gives_their_shares(texts):
    labels = np.array([min(each.count(3), 2) for each in texts], "int32")
    theirs, ours = learn(texts, labels, 3)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_of_many_classes_it_gives_their_shares_together(texts):
    labels = np.arange(len(texts), dtype="int32") % 25
    theirs, ours = learn(texts, labels, 25)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_its_table_has_rows_for_what_was_seen_alone(texts):
    part = store(texts, np.arange(len(texts), dtype="int32") % 2)
    learnt = linear_baseline(part, {"validation": part}, 2).learnt
    layer = linear_model(learnt).get_layer("ngrams")
    assert layer.table.shape == (1 + len(learnt["columns"]), 2)


def test_of_several_labels_it_gives_each_a_probability(texts):
    labels = np.array([[3 in each, 4 in each, each.count(5) > 1] for each in texts], "int8")
    theirs, ours = learn(texts, labels, 3)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_of_numbers_it_gives_the_number(texts):
    labels = np.array([each.count(3) - 0.5 * each.count(4) for each in texts], "float32")
    theirs, ours = learn(texts, labels, 1)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_class_that_nobody_saw_leaves_it_without_a_model(texts):
    labels = np.array([2 * (3 in each) for each in texts], "int32")
    part = store(texts, labels)
    assert linear_baseline(part, {"validation": part}, 3).learnt == {}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, BUCKETS - 1), min_size=2, max_size=20), st.integers(2, 3))
def test_a_bucket_is_the_same_in_32_bits_as_in_64(ids, length):
    whole = next_bucket(np.array(ids[:-1], "int64"), np.array(ids[1:], "int64"), length)
    assert ((whole >= 0) & (whole < BUCKETS)).all()
    tensors = (keras.ops.convert_to_tensor(np.array(each, "int32")) for each in (ids[:-1], ids[1:]))
    narrow = keras.ops.convert_to_numpy(next_bucket(*tensors, length))
    np.testing.assert_array_equal(narrow, whole)


def test_pairs_in_another_order_and_longer_ones_have_other_buckets():
    pairs = {next_bucket(one, other, 2) for one in range(300) for other in range(300)}
    assert len(pairs) > 0.95 * 300 * 300
    assert next_bucket(next_bucket(2, 3, 2), 4, 3) != next_bucket(next_bucket(2, 4, 2), 3, 3)


def test_repetitions_count_by_their_logarithm_up_to_eight():
    layer = NgramRegression(WORDS, order=1, buckets=1, outputs=1, answers="linear")
    layer.build((None, None))
    layer.hold(np.array([4, 5]), np.array([[2.0], [1.0]]), np.array([1.0, 4.0]), np.array([0.5]))
    once, thrice, often = ([4, 5], [4, 4, 4, 5], [4] * 30)
    for text, (fours, fives) in ((once, (1, 1)), (thrice, (3, 1)), (often, (30, 0))):
        of_fours, of_fives = log_count(fours), log_count(fives) if fives else 0.0
        expected = (2 * of_fours + of_fives) / np.sqrt(of_fours**2 + 4 * of_fives**2) + 0.5
        found = keras.ops.convert_to_numpy(layer(np.array([text], "int32")))
        np.testing.assert_allclose(found, [[expected]], rtol=1e-5)


def test_padding_and_the_length_of_a_batch_change_nothing():
    layer = NgramRegression(WORDS, order=2, buckets=64, outputs=2)
    layer.build((None, None))
    random = np.random.default_rng(0)
    columns = np.arange(WORDS + 64)
    layer.hold(columns, random.normal(size=(len(columns), 2)), np.ones(len(columns)), np.zeros(2))
    short = keras.ops.convert_to_numpy(layer(np.array([[4, 5, 6]], "int32")))
    long = keras.ops.convert_to_numpy(layer(np.array([[4, 5, 6] + [0] * 9], "int32")))
    empty = keras.ops.convert_to_numpy(layer(np.zeros((1, 4), "int32")))
    np.testing.assert_allclose(short, long, rtol=1e-5)
    np.testing.assert_allclose(empty, [[0.5, 0.5]])


def test_it_is_rebuilt_from_its_configuration():
    layer = NgramRegression(WORDS, order=2, buckets=64, outputs=3, answers="shares", name="ngrams")
    assert NgramRegression.from_config(layer.get_config()).get_config() == layer.get_config()
    with pytest.raises(SpaceError, match="answers is 'odds'"):
        NgramRegression(WORDS, order=2, buckets=64, outputs=3, answers="odds")
