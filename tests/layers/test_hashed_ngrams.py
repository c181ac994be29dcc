"""Hashed n-grams: their ids and the sums of their vectors, in a model and in what it exports."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import SpaceError
from attn_tuner.layers.hashed_ngrams import NO_NGRAM, LengthScale, NGramIds, NGramSum, folded
from attn_tuner.text.ngram_hashing import BUCKETS, next_bucket

IDS = st.lists(st.integers(1, 60_000), min_size=1, max_size=12)


def hashed(ids, buckets=1_000, longest=3):
    return keras.ops.convert_to_numpy(NGramIds(buckets, longest)(np.array([ids], "int32")))[0]


def test_pairs_and_triples_are_hashed_as_the_equation_says():
    pairs = [next_bucket(7, 8, 2), next_bucket(8, 9, 2)]
    triple = next_bucket(pairs[0], 9, 3)
    expected = [[pairs[0] % 1_000, triple % 1_000], [pairs[1] % 1_000, 0], [0, 0]]
    assert hashed([7, 8, 9]).tolist() == expected


@settings(deadline=None, max_examples=30)
@given(IDS, st.integers(0, 5), st.integers(2, BUCKETS), st.integers(2, 4))
def test_padding_adds_no_ngram_and_changes_none(ids, padding, buckets, longest):
    alone = hashed(ids, buckets, longest)
    padded = hashed(ids + [0] * padding, buckets, longest)
    np.testing.assert_array_equal(padded[: len(ids)], alone)
    assert (padded[len(ids) :] == NO_NGRAM).all()


@settings(deadline=None, max_examples=30)
@given(IDS, st.integers(2, BUCKETS), st.integers(2, 4))
def test_a_text_has_as_many_ngrams_as_fit_into_it(ids, buckets, longest):
    found = hashed(ids, buckets, longest)
    assert ((found >= 0) & (found < buckets)).all()
    counts = (found != NO_NGRAM).sum(axis=0)
    assert counts.tolist() == [max(len(ids) - n + 1, 0) for n in range(2, longest + 1)]


def test_the_sum_leaves_out_what_is_no_ngram_and_is_scaled():
    vectors = np.array([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], "float32")
    buckets = np.array([[[4, 9], [3, NO_NGRAM]]], "int32")
    summed = keras.ops.convert_to_numpy(NGramSum(2.0)([vectors, buckets]))
    np.testing.assert_allclose(summed, [[[8.0, 12.0], [10.0, 12.0]]])


def test_the_mean_of_a_long_text_is_scaled_by_the_root_of_its_tokens():
    means = np.array([[2.0, 4.0], [2.0, 4.0], [0.0, 0.0]], "float32")
    mask = np.array([[True] * 4, [True, False, False, False], [False] * 4])
    scaled = keras.ops.convert_to_numpy(LengthScale(1.0)([means, mask]))
    np.testing.assert_allclose(scaled, [[4.0, 8.0], [2.0, 4.0], [0.0, 0.0]])
    scaled = keras.ops.convert_to_numpy(LengthScale(16.0)([means, mask]))
    np.testing.assert_allclose(scaled, means)


@pytest.mark.parametrize(
    ("buckets", "longest"), [(1, 2), (BUCKETS + 1, 2), (100, 1), ("many", 2), (100, 2.5)]
)
def test_sizes_that_cannot_be_are_refused(buckets, longest):
    with pytest.raises(SpaceError):
        NGramIds(buckets, longest)


@settings(deadline=None, max_examples=30)
@given(IDS, st.integers(1, 9))
def test_ngrams_of_one_bucket_stay_together_in_a_folded_table(ids, factor):
    fine, coarse = hashed(ids, factor * 64), hashed(ids, 64)
    there = fine != NO_NGRAM
    np.testing.assert_array_equal(coarse[there], np.maximum(fine % 64, 1)[there])


def test_a_folded_table_keeps_the_longest_of_the_rows_that_fall_together():
    table = np.array([[0.0], [1.0], [9.0], [-4.0], [2.0], [3.0]])
    assert folded(table, 3).tolist() == [[0.0], [2.0], [9.0]]
    assert folded(table, 6).tolist() == table.tolist()


def test_the_layers_come_back_from_their_configurations():
    for layer in (NGramIds(77, 4), NGramSum(3.0), LengthScale(20.0)):
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config
