"""Vocabulary, ids, limits, and keeping a vectorizer as JSON."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.inputs.truncation import TRUNCATIONS, head_tail_lengths, truncate
from attn_tuner.text import Vectorizer
from tests.support.text_strategies import texts


def test_ids_go_by_frequency_and_then_by_the_alphabet():
    vectorizer = Vectorizer.build(["b a c b", "d b c"])
    assert vectorizer.vocabulary == ["", "[UNK]", "b", "c", "a", "d"]
    assert len(vectorizer) == 6


def test_rare_tokens_and_those_beyond_the_size_are_unknown():
    corpus = ["a a b b c"]
    assert Vectorizer.build(corpus, minimum_count=2).vocabulary[2:] == ["a", "b"]
    assert Vectorizer.build(corpus, size=3).vocabulary[2:] == ["a"]
    assert Vectorizer.build(["once", *["often"] * 999]).vocabulary[2:] == ["often"]
    assert Vectorizer.build(["once", *["often"] * 998]).vocabulary[2:] == ["often", "once"]
    ids, offsets = Vectorizer.build(corpus, minimum_count=2).encode(["c a", "", "b x"])
    assert ids.tolist() == [1, 2, 3, 1]
    assert ids.dtype == np.int32
    assert offsets.tolist() == [0, 2, 2, 4]


def test_a_text_that_spells_the_unknown_token_is_not_taken_for_it():
    vectorizer = Vectorizer.build(["[UNK] a"])
    assert vectorizer.tokens("[UNK]") == ["[", "unk", "]"]


def test_a_vectorizer_comes_back_from_json():
    vectorizer = Vectorizer.build(["Ça va ? 房间"], split="character")
    again = Vectorizer.from_config(json.loads(json.dumps(vectorizer.get_config())))
    assert again.vocabulary == vectorizer.vocabulary
    assert again.split == "character"
    assert again.fingerprint == vectorizer.fingerprint
    assert Vectorizer.build(["Ça va ?"]).fingerprint != vectorizer.fingerprint


def test_coverage_is_the_share_of_known_tokens():
    vectorizer = Vectorizer.build(["a b"])
    assert vectorizer.coverage(["a x", "b y"]) == 0.5
    assert vectorizer.coverage([]) == 0


@given(st.lists(texts, max_size=4))
def test_encoding_all_at_once_is_encoding_each(corpus):
    vectorizer = Vectorizer.build(corpus)
    ids, offsets = vectorizer.encode(corpus)
    for index, text in enumerate(corpus):
        own = ids[offsets[index] : offsets[index + 1]]
        assert [vectorizer.vocabulary[each] for each in own] == vectorizer.tokens(text)


@given(st.lists(st.integers(0, 99)), st.integers(1, 20), st.sampled_from(TRUNCATIONS))
def test_a_cut_text_is_its_ends_and_never_longer_than_the_limit(tokens, limit, truncation):
    left = truncate(tokens, limit, truncation)
    assert len(left) == min(limit, len(tokens))
    np.testing.assert_array_equal(truncate(np.array(tokens, int), limit, truncation), left)
    first, last = head_tail_lengths(limit, truncation)
    if len(tokens) > limit:
        assert left == tokens[:first] + tokens[len(tokens) - last :]


def test_the_head_the_tail_or_both_ends_are_kept():
    assert truncate("abcdef", 3, "head") == "abc"
    assert truncate("abcdef", 3, "tail") == "def"
    assert truncate("abcdef", 3, "ends") == "abf"
    assert truncate("abcdef", None) == "abcdef"


def test_padding_fills_up_to_the_longest():
    vectorizer = Vectorizer.build(["a b c"])
    np.testing.assert_array_equal(vectorizer.padded(["a b c", "b"]), [[2, 3, 4], [3, 0, 0]])
    np.testing.assert_array_equal(vectorizer.padded(["a c"], vocabulary_size=3), [[2, 1]])
    assert vectorizer.padded([]).shape == (0, 1)
    assert vectorizer.padded([""]).tolist() == [[0]]


def test_arguments_that_make_no_sense_are_refused():
    with pytest.raises(DataError, match=r"No split is called 'words'. Did you mean 'word'"):
        Vectorizer(["", "[UNK]"], split="words")
    with pytest.raises(DataError, match="A vocabulary begins with"):
        Vectorizer(["a", "b"])
    with pytest.raises(DataError, match="holds the token 'a' twice"):
        Vectorizer(["", "[UNK]", "a", "a"])
    with pytest.raises(DataError, match="No truncation is called 'middle'"):
        truncate([1, 2], 1, "middle")
    with pytest.raises(DataError, match="should be at least 1 token"):
        head_tail_lengths(0, "head")
