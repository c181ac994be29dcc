"""Parts of words: which there are, what an unknown word is read as, in Python and in a graph."""

from functools import cache

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.text import TokenStore, Vectorizer
from attn_tuner.text.batches import Batches
from attn_tuner.text.dataset import Split
from attn_tuner.text.subwords import MAX_AFFIXES, MAX_PARTS, Subwords, bucket, ngrams
from attn_tuner.text.token_ids import UNKNOWN
from tests.support.text_strategies import AWKWARD, clean_texts, raw_bytes

LETTERS = st.text("abc<>é房", min_size=1, max_size=9)


@cache
def vectorizer():
    return Vectorizer.build(["unhappy films filming goodness don't abab", *AWKWARD])


@cache
def graph():
    text = tf.TensorSpec([None], tf.string)
    return tf.function(vectorizer().graph(subwords=True), input_signature=[text])


def parts_of(number, subwords):
    """The beginning and the end that an id says."""
    beginning, end = divmod(number - len(subwords.vocabulary), len(subwords.ends) + 1)
    return ["", *subwords.beginnings][beginning], ["", *subwords.ends][end]


def test_ngrams_of_3_to_5_characters_of_the_marked_word():
    assert ngrams("<her>") == ["<he", "<her", "<her>", "her", "her>", "er>"]
    assert ngrams("<a>") == ["<a>"]


def test_a_bucket_is_the_fnv_1a_hash_of_the_bytes():
    assert bucket("a", 1 << 32) == 0xE40C292C  # From the page of its authors.
    assert bucket("foobar", 1 << 32) == 0xBF9CF968
    assert bucket("foobar", 1000) == 0xBF9CF968 % 1000


def test_every_word_of_the_vocabulary_lists_its_buckets():
    tables = Subwords(["", "[UNK]", "her", "a"]).tables
    assert tables.buckets == 8  # A power of two above 7 different parts.
    assert (tables.words[:2] == -1).all()
    wanted = [bucket(part, 8) for part in ("<he", "<her", "<her>", "her", "her>", "er>")]
    assert tables.words[2].tolist() == wanted + [-1] * 6
    assert tables.words[3].tolist() == [bucket("<a>", 8)] + [-1] * 11


def test_a_beginning_and_an_end_list_theirs():
    subwords = Subwords(["", "[UNK]", "hers"])
    assert list(subwords.beginnings) == ["<hers", "<her", "<he"]
    assert list(subwords.ends) == ["hers>", "ers>", "rs>"]
    tables = subwords.tables
    assert (tables.beginnings[0] == -1).all()
    assert (tables.ends[0] == -1).all()
    inside = ("<he", "<her", "<hers", "her", "hers", "ers")
    assert tables.beginnings[1].tolist() == [bucket(part, tables.buckets) for part in inside]
    assert tables.ends[3].tolist() == [bucket("rs>", tables.buckets)] + [-1] * 5


def test_of_a_long_word_parts_are_kept_evenly():
    tables = Subwords(["", "[UNK]", "donaudampfschifffahrtsgesellschaft"]).tables
    assert tables.words.shape[1] == MAX_PARTS
    assert (tables.words[2] >= 0).all()
    first, last = (bucket(part, tables.buckets) for part in ("<do", "ft>"))
    assert first == tables.words[2, 0]
    assert last not in tables.words[2, :20]


def test_an_unknown_word_says_its_longest_known_beginning_and_end():
    subwords = Subwords(["", "[UNK]", "unhappy", "films", "goodness"])
    for word, wanted in {
        "unhappiness": ("<unha", "ness>"),
        "unfilms": ("<un", "ilms>"),
        "gooooo": ("<goo", ""),
        "madness": ("", "ness>"),
    }.items():
        number = subwords.id_of(word)
        assert number >= 5
        assert parts_of(number, subwords) == wanted


def test_a_word_without_known_parts_is_unknown():
    assert Subwords(["", "[UNK]", "unhappy"]).id_of("xyz") == UNKNOWN
    assert Subwords(["", "[UNK]"]).id_of("xyz") == UNKNOWN


def test_the_largest_id_is_an_int32():
    assert (MAX_AFFIXES + 1) ** 2 + 50_000_000 < 2**31


@given(st.lists(LETTERS, unique=True, max_size=6), LETTERS)
def test_an_id_names_parts_of_its_word_and_of_the_vocabulary(words, word):
    vocabulary = ["", "[UNK]", *words]
    subwords = Subwords(vocabulary)
    number = subwords.id_of(word)
    assert number < subwords.tables.id_limit
    if number == UNKNOWN:
        return
    beginning, end = parts_of(number, subwords)
    assert f"<{word}>".startswith(beginning)
    assert f"<{word}>".endswith(end)
    for part in filter(None, (beginning, end)):
        assert any(part in f"<{each}>" for each in words)


def test_known_words_keep_their_ids():
    texts = ["unhappy films filmed goodness xyz"]
    plain, _ = vectorizer().encode(texts)
    ids, _ = vectorizer().encode(texts, subwords=True)
    assert plain[2] == UNKNOWN
    assert ids[2] >= len(vectorizer())
    np.testing.assert_array_equal(np.where(ids < len(vectorizer()), ids, UNKNOWN), plain)


@settings(max_examples=150, deadline=None)
@given(st.lists(clean_texts, min_size=1, max_size=3))
def test_any_unicode_gives_the_same_ids_in_python_and_in_the_graph(texts):
    ids = graph()(tf.constant([text.encode() for text in texts]))
    np.testing.assert_array_equal(ids, vectorizer().padded(texts, subwords=True))


@settings(max_examples=100, deadline=None)
@given(st.lists(raw_bytes, min_size=1, max_size=3))
def test_bytes_that_are_no_utf8_give_the_same_ids_in_python_and_in_the_graph(texts):
    decoded = [text.decode("utf-8", "replace") for text in texts]
    ids = graph()(tf.constant(texts))
    np.testing.assert_array_equal(ids, vectorizer().padded(decoded, subwords=True))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("unhapyfilmgodes'é ", max_size=40), min_size=1, max_size=3))
def test_words_like_those_known_give_the_same_ids_in_python_and_in_the_graph(texts):
    ids = graph()(tf.constant([text.encode() for text in texts]))
    np.testing.assert_array_equal(ids, vectorizer().padded(texts, subwords=True))


@pytest.mark.parametrize("text", ["", " ", "q" * 5000, "un" + "happy" * 900, "< > << >>"])
def test_empty_and_very_long_words_give_the_same_ids(text):
    ids = graph()(tf.constant([text]))
    np.testing.assert_array_equal(ids, vectorizer().padded([text], subwords=True))


@pytest.fixture
def store():
    texts = ["unhappy filmed goodness", "", "goods xyz filming"]
    return TokenStore.encode(Split(texts, np.array([0, 1, 0])), vectorizer())


def test_a_store_gives_unknown_words_or_their_parts(store):
    whole, _ = vectorizer().encode(["unhappy filmed goodness goods xyz filming"], subwords=True)
    places = np.array([4, 3, 1, 0])
    np.testing.assert_array_equal(store.at(places, subwords=True), whole[places])
    np.testing.assert_array_equal(store.at(places), store.ids[places])
    assert store.ids.max() < len(vectorizer())
    assert store.unknown_share == 0.5


def test_a_store_keeps_the_parts_on_disk_and_when_it_is_joined(store, tmp_path):
    store.save(tmp_path / "train")
    again = TokenStore.open(tmp_path / "train", check=True)
    np.testing.assert_array_equal(again.parts, store.parts)
    both = TokenStore.concatenate([again, store])
    places = np.arange(len(both.ids))
    wanted = np.tile(store.at(np.arange(len(store.ids)), subwords=True), 2)
    np.testing.assert_array_equal(both.at(places, subwords=True), wanted)


def test_a_store_with_too_few_parts_is_refused(store):
    store.check()
    short = TokenStore(store.ids, store.offsets, store.labels, 9, 4.0, parts=store.parts[1:])
    with pytest.raises(ValueError, match="its arrays do not belong together"):
        short.check()


def test_batches_give_the_parts_where_they_are_asked_for(store):
    plain = Batches(store, 3, shuffle=False)[0][0]
    ids = Batches(store, 3, shuffle=False, subwords=True)[0][0]
    assert ids.max() >= len(vectorizer())
    np.testing.assert_array_equal(np.where(ids < len(vectorizer()), ids, UNKNOWN), plain)
