"""Word vectors: counted by hand, learnt from a small language, read from files."""

import gzip
import struct
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import DataError, SpaceError
from attn_tuner.text.word_vectors import train as module
from attn_tuner.text.word_vectors.cooccurrence import (
    cooccurrence_vectors,
    count_pairs,
    positive_information,
)
from attn_tuner.text.word_vectors.read_file import load_vectors
from attn_tuner.text.word_vectors.train import METHODS, STANDARD_DEVIATION, train_vectors


@dataclass(frozen=True)
class Texts:
    ids: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, *texts):
        lengths = [len(text) for text in texts]
        return cls(np.array([i for text in texts for i in text], "int32"), np.cumsum([0, *lengths]))


def two_topics(texts=400, seed=0):
    """Ids 2-6 stand only near each other, and so do 7-11."""
    generator = np.random.default_rng(seed)
    return Texts.of(
        *(generator.integers(2, 7, 12) + 5 * generator.integers(0, 2) for _ in range(texts))
    )


def likeness(vectors):
    rows = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return rows @ rows.T


@given(st.lists(st.lists(st.integers(1, 7), max_size=9), min_size=1, max_size=6), st.integers(1, 3))
@settings(deadline=None, max_examples=60)
def test_pairs_are_counted_within_texts_and_by_distance(texts, window):
    expected = np.zeros((6, 5))
    for text in texts:
        known = [i if i < 6 else 1 for i in text]
        for place, word in enumerate(known):
            for other in range(max(0, place - window), min(len(known), place + window + 1)):
                if other != place and known[other] < 5:
                    expected[word, known[other]] += (window + 1 - abs(other - place)) / window
    found = count_pairs([Texts.of(*texts)], 6, window, 5)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-5)


def test_chunks_lose_and_repeat_no_pair(monkeypatch):
    texts = two_topics(30)
    whole = count_pairs([texts], 12, 3, 12)
    monkeypatch.setattr("attn_tuner.text.word_vectors.cooccurrence._CHUNK", 17)
    np.testing.assert_allclose(count_pairs([texts], 12, 3, 12).toarray(), whole.toarray(), 1e-5)


def test_information_of_a_worked_example():
    counts = count_pairs([Texts.of([2, 3], [2, 4], [5, 4])], 6, 1, 6)
    smoothed = np.array([0, 0, 2, 1, 2, 1]) ** 0.75 / (2 * 2**0.75 + 2)
    found = positive_information(counts).toarray()
    assert found[2, 3] == pytest.approx(np.log(1 / (2 * smoothed[3])))
    assert found[2, 5] == 0


@pytest.mark.parametrize("method", METHODS)
def test_words_of_one_topic_are_nearer_than_words_of_two(method):
    if method == "skipgram":
        pytest.importorskip("gensim")
    texts = two_topics()
    vectors = train_vectors([texts], 14, 8, method=method)
    assert (vectors.shape, vectors.dtype) == ((14, 8), "float32")
    near = likeness(vectors[2:12])
    same = np.kron(np.eye(2), np.ones((5, 5))) > 0
    assert near[same & ~np.eye(10, dtype=bool)].mean() > near[~same].mean() + 0.5


@pytest.mark.parametrize("method", METHODS)
def test_rows_are_ready_for_an_embedding(method):
    if method == "skipgram":
        pytest.importorskip("gensim")
    vectors = train_vectors([two_topics()], 14, 8, method=method)
    assert (vectors[0] == 0).all()
    assert np.isfinite(vectors).all()
    assert vectors[2:12].std() == pytest.approx(STANDARD_DEVIATION, rel=1e-3)
    np.testing.assert_allclose(vectors[2:12].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(vectors[12], vectors[1], rtol=1e-5)  # Neither stands anywhere.
    assert np.abs(vectors[1]).sum() > 0


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_vectors(method):
    if method == "skipgram":
        pytest.importorskip("gensim")
    first, second = (train_vectors([two_topics()], 14, 6, seed=3, method=method) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_more_dimensions_than_words_leave_the_rest_empty():
    vectors = cooccurrence_vectors([two_topics()], 14, 40)
    assert vectors.shape == (14, 40)
    assert (vectors[:, 13:] == 0).all()


def test_the_cache_answers_for_the_same_texts_and_settings_only(tmp_path, monkeypatch):
    asked = []

    def counted(stores, words, dimension, seed=0):
        asked.append(dimension)
        return cooccurrence_vectors(stores, words, dimension, seed)

    monkeypatch.setattr(module, "cooccurrence_vectors", counted)
    texts = two_topics()

    def again(texts, dimension=4):
        return train_vectors([texts], 14, dimension, method="cooccurrence", cache=tmp_path / "kept")

    first = again(texts)
    np.testing.assert_array_equal(again(texts), first)
    assert len(asked) == 1
    again(texts, dimension=5)
    again(two_topics(seed=1))
    again(Texts(texts.ids, texts.offsets[[0, -1]]))  # The same tokens as one long text.
    assert len(asked) == 4
    assert len(list((tmp_path / "kept").iterdir())) == 4


def test_skipgrams_end_when_the_time_is_over():
    pytest.importorskip("gensim")
    vectors = train_vectors([two_topics()], 14, 8, method="skipgram", seconds=1e-6)
    assert np.isfinite(vectors).all()


def test_texts_without_words_and_unknown_methods_are_refused():
    with pytest.raises(DataError, match="contain no word of the vocabulary"):
        train_vectors([Texts.of([1, 1], [])], 14, 4, method="cooccurrence")
    with pytest.raises(SpaceError, match="Did you mean 'skipgram'"):
        train_vectors([two_topics()], 14, 4, method="skipgrams")


WORDS = ["", "[UNK]", "good", "bad", "film", "rare"]
FILE = {"good": [1.0, 2.0, 3.0], "film": [0.0, 1.0, -1.0], "other": [9.0, 9.0, 9.0]}


def written(path, kind, entries):
    if kind == "glove":
        text = "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in entries.items())
        path.write_text(text)
    elif kind == "word2vec":
        rows = "".join(f"{word} {' '.join(map(str, row))} \n" for word, row in entries.items())
        path.write_text(f"{len(entries)} 3\n{rows}")
    elif kind == "binary":
        rows = [f"{word} ".encode() + struct.pack("<3f", *row) for word, row in entries.items()]
        path.write_bytes(f"{len(entries)} 3\n".encode() + b"\n".join(rows))
    else:
        written(path, "word2vec", entries)
        path.write_bytes(gzip.compress(path.read_bytes()))
    return path


@pytest.mark.parametrize("kind", ["glove", "word2vec", "binary", "packed"])
def test_every_kind_of_file_gives_the_same_vectors(kind, tmp_path):
    name = "vectors.gz" if kind == "packed" else "vectors"
    found = load_vectors(written(tmp_path / name, kind, FILE), WORDS).table
    assert (found.shape, found.dtype) == ((6, 3), "float32")
    # Centred and scaled, so it is the difference of two words that tells.
    step = found[2] - found[4]
    np.testing.assert_allclose(step / step[0], [1.0, 1.0, 4.0], rtol=1e-4)
    np.testing.assert_allclose(found[3], found[1])
    np.testing.assert_allclose(found[[2, 4]].mean(axis=0), 0, atol=1e-6)


def test_the_word_as_spelt_goes_before_other_cases_of_it(tmp_path):
    entries = {"Good": [5.0, 0.0, 0.0], "good": [0.0, 5.0, 0.0], "Film": [0.0, 0.0, 5.0]}
    entries["FILM"] = [7.0, 7.0, 7.0]
    found = load_vectors(written(tmp_path / "cased.txt", "glove", entries), WORDS).table
    step = found[2] - found[4]
    np.testing.assert_allclose(step / step[1], [0.0, 1.0, -1.0], atol=1e-4)


@pytest.mark.parametrize("content", ["", "no numbers here at all\n", "3 2\nx", "a 1 2 3\nb 1 2\n"])
def test_files_that_are_no_vectors_are_refused(content, tmp_path):
    path = tmp_path / "else.txt"
    path.write_text(content)
    with pytest.raises(DataError, match=r"does not contain word vectors|None of the"):
        load_vectors(path, ["", "[UNK]", "a", "no"])


def test_files_in_another_language_and_missing_ones_are_refused(tmp_path):
    path = written(tmp_path / "v.txt", "glove", {"gut": [1.0, 2.0, 3.0]})
    with pytest.raises(DataError, match="None of the 4 words"):
        load_vectors(path, WORDS)
    with pytest.raises(DataError, match="cannot be read"):
        load_vectors(tmp_path / "absent.txt", WORDS)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("kind", ["glove", "word2vec", "binary"])
def test_vectors_that_are_no_numbers_are_refused_with_their_word(tmp_path, kind, number):
    entries = {**FILE, next(each for each in FILE if each in WORDS): [1.0, number, 0.0]}
    width = len(next(iter(FILE.values())))
    entries = {word: [*row, *[0.5] * width][:width] for word, row in entries.items()}
    path = written(tmp_path / "broken.txt", kind, entries)
    with pytest.raises(DataError, match=r"The vector of '.*' in .*broken.txt holds"):
        load_vectors(path, WORDS)
