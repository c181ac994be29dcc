"""Byte pairs: merges are learnt by count, and the graph splits as Python does."""

import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.sequence import SequenceVocabulary
from attn_tuner.sequence.byte_pairs import LONGEST_WORD, BytePairs, joined
from attn_tuner.sequence.byte_pairs_graph import BytePairsGraph

WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}


def test_merges_are_those_of_the_paper():
    """Sennrich et al. 2016, figure 1, with the mark before a word in the place of that behind."""
    learnt = BytePairs.learn(WORDS, parts=10_000).merges
    assert learnt[:2] == [("e", "s"), ("es", "t")]
    assert learnt[2:4] == [("o", "w"), ("▁l", "ow")]
    assert BytePairs(learnt)("lowest") == ["▁low", "est"]


def test_a_pair_is_joined_from_left_to_right():
    assert joined(["a", "a", "a", "b"], ("a", "a")) == ["aa", "a", "b"]


def test_learning_stops_at_the_number_of_parts_and_at_pairs_that_are_rare():
    few = BytePairs.learn(WORDS, parts=12).merges
    assert len(few) == 1
    assert BytePairs.learn({"xyz": 1}, parts=100).merges == []


def test_learning_in_one_pass_finds_what_counting_anew_finds():
    words = {"banana": 3, "ananas": 2, "bandana": 4, "nab": 1, "aaaa": 2}
    spelled = {word: BytePairs([])(word) for word in words}
    wanted = []
    while True:
        counts = {}
        for word, parts in spelled.items():
            for place in range(len(parts) - 1):
                pair = (parts[place], parts[place + 1])
                counts[pair] = counts.get(pair, 0) + words[word]
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < 2:
            break
        wanted.append(best)
        spelled = {word: joined(parts, best) for word, parts in spelled.items()}
    assert BytePairs.learn(words, parts=10_000).merges == wanted


@settings(deadline=None, max_examples=30)
@given(
    merges=st.lists(st.sampled_from(["ab", "ba", "aa", "bb", "aba", "bab"]), max_size=4),
    words=st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=5),
)
def test_the_graph_merges_one_at_a_time_what_python_merges_at_once(merges, words):
    vocabulary = SequenceVocabulary.build(["abab baab", *merges] * 3, "subword", size=16)
    graph = BytePairsGraph(vocabulary.pairs, vocabulary.vocabulary)
    ids = {token: number for number, token in enumerate(vocabulary.vocabulary)}
    wanted = [[ids.get(part, 1) for part in vocabulary.pairs(word)] for word in words]
    assert graph(tf.constant(words)).to_list() == wanted


def test_a_long_word_is_read_up_to_its_limit():
    vocabulary = SequenceVocabulary.build(["aé aé"], "subword", max_length=200)
    graph = BytePairsGraph(vocabulary.pairs, vocabulary.vocabulary)
    ids = {token: number for number, token in enumerate(vocabulary.vocabulary)}
    for word in ("é" * 500, "a" + "房" * 70, "𝐀" * 65):
        parts = vocabulary.pairs(word)
        assert len("".join(parts)) == LONGEST_WORD + 1  # With the mark of its beginning.
        assert graph(tf.constant([word])).to_list() == [[ids.get(part, 1) for part in parts]]


def test_no_words_have_no_parts():
    vocabulary = SequenceVocabulary.build(["ab ab"], split="subword")
    graph = BytePairsGraph(vocabulary.pairs, vocabulary.vocabulary)
    assert graph(tf.constant([], tf.string)).to_list() == []


def test_a_word_that_is_no_text_of_the_training_is_spelled():
    texts = ["low lower newest widest"] * 3
    vocabulary = SequenceVocabulary.build(texts, "subword", max_length=9)
    assert vocabulary.tokens("Lowest new") == ["▁low", "est", "▁n", "ew"]
    assert vocabulary.texts(vocabulary.padded(["Lowest new!"])) == ["lowest new[UNK]"]
