"""Vocabularies with marks, in Python and in the graph alike."""

import json

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import DataError, UnknownName
from attn_tuner.sequence import PairVocabularies, SequenceVocabulary
from attn_tuner.sequence.marks import END, RESERVED, START

TEXTS = ["3 de mayo", "Don't go, 12 men!", "été 房间", "", "a"]
SPLITS = ("character", "word", "subword")


@pytest.fixture(scope="module")
def graphs():
    """A vocabulary and its graph, by split."""
    built = {split: SequenceVocabulary.build(TEXTS, split, max_length=6) for split in SPLITS}
    return {split: (each, each.graph()) for split, each in built.items()}


def test_ids_stand_between_marks():
    vocabulary = SequenceVocabulary([*RESERVED, "a", "b"])
    assert vocabulary.padded(["ab", "", "c"]).tolist() == [
        [START, 4, 5, END],
        [START, END, 0, 0],
        [START, 1, END, 0],
    ]


def test_characters_come_back_as_they_were():
    vocabulary = SequenceVocabulary.build(TEXTS)
    assert vocabulary.texts(vocabulary.padded(TEXTS)) == TEXTS


def test_words_come_back_in_lower_case_with_a_space_between_any_two():
    vocabulary = SequenceVocabulary.build(TEXTS, "word")
    assert vocabulary.texts(vocabulary.padded(TEXTS[:2])) == ["3 de mayo", "don't go , 12 men !"]


def test_what_follows_the_end_mark_is_not_read():
    vocabulary = SequenceVocabulary([*RESERVED, "a", "b"])
    assert vocabulary.texts([[4, 1, END, 5, 5], [0, 4, 4, 4, 4]]) == ["a[UNK]", ""]


@pytest.mark.parametrize("split", SPLITS)
@settings(deadline=None, max_examples=25)
@given(texts=st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_the_graph_encodes_and_decodes_as_python_does(split, graphs, texts):
    vocabulary, graph = graphs[split]
    texts = [*texts, *TEXTS]
    ids = vocabulary.padded(texts)
    found = graph.ids(tf.constant(texts))
    assert found.numpy().tolist() == ids.tolist()
    written = [each.decode() for each in graph.texts(found).numpy()]
    assert written == vocabulary.texts(ids)


@pytest.mark.parametrize("split", SPLITS)
def test_a_text_is_cut_to_its_first_tokens(split, graphs):
    vocabulary, graph = graphs[split]
    long = "é 房 " * 50
    assert vocabulary.padded([long]).shape == (1, 8)
    assert graph.ids(tf.constant([long])).numpy().tolist() == vocabulary.padded([long]).tolist()


@pytest.mark.parametrize("split", SPLITS)
def test_an_empty_batch_gives_no_row(split, graphs):
    vocabulary, graph = graphs[split]
    assert graph.ids(tf.constant([], tf.string)).shape == vocabulary.padded([]).shape == (0, 2)


def test_bytes_that_are_no_text_are_read_as_unknown(graphs):
    assert graphs["character"][1].ids(tf.constant([b"\xff\xfe"])).numpy().tolist() == [
        [START, 1, 1, END]
    ]


def test_the_longest_training_text_is_what_is_kept():
    assert SequenceVocabulary.build(["abc", "a"]).max_length == 3
    assert SequenceVocabulary.build([]).max_length == 1


def test_the_most_frequent_tokens_are_kept():
    assert SequenceVocabulary.build(["bbca", "ca"], size=6).vocabulary[4:] == ["a", "b"]


def test_vocabularies_come_back_from_json(graphs):
    pair = PairVocabularies(graphs["character"][0], graphs["word"][0])
    again = PairVocabularies.from_config(json.loads(json.dumps(pair.get_config())))
    assert again.get_config() == pair.get_config()


def test_pairs_become_the_target_and_what_follows_each_of_its_tokens():
    pair = PairVocabularies.build(["ab", "c"], ["x", "yx"])
    x, y = pair.arrays(["ab", "c"], ["x", "yx"])
    assert x["source"].shape == (2, 4)
    assert x["target"].tolist() == [[START, 4, END], [START, 5, 4]]
    assert y.tolist() == [[4, END, 0], [5, 4, END]]
    assert np.array_equal(x["target"][:, 1:], y[:, :-1])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SequenceVocabulary([*RESERVED, "a"], "letter"), "No split is called 'letter'"),
        (lambda: SequenceVocabulary(["", "[UNK]", "a"]), "A vocabulary begins with"),
        (lambda: SequenceVocabulary([*RESERVED, "a", "a"]), "holds the token 'a' twice"),
        (lambda: SequenceVocabulary([*RESERVED], max_length=0), "max_length is 0"),
        (lambda: PairVocabularies.build(["a"], ["b"]).arrays(["a"], []), "got 1 and 0"),
        (lambda: SequenceVocabulary.build("ab"), "one string, 'ab'. Give a list"),
        (lambda: PairVocabularies.build(["ab"], "cd"), "one string, 'cd'"),
        (lambda: PairVocabularies.build("ab", ["cd"]), "one string, 'ab'"),
    ],
)
def test_what_is_no_vocabulary_or_no_pair_is_refused(make, said):
    with pytest.raises((DataError, UnknownName), match=said):
        make()


@pytest.mark.parametrize("sides", [("ab", "cd"), (["ab"], "cd"), ("ab", ["cd"]), (b"ab", ["cd"])])
def test_one_string_is_never_read_letter_by_letter(sides):
    pair = PairVocabularies.build(["ab"], ["cd"])
    for read in (pair.arrays, pair.written):
        with pytest.raises(DataError, match="one string"):
            read(*sides)
    one = next(side for side in sides if isinstance(side, str | bytes))
    for read in (pair.source.encode, pair.source.padded, pair.copied):
        with pytest.raises(DataError, match="one string"):
            read(one)
