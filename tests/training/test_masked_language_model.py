"""Hidden words, their guesses, and what is learnt by guessing; on the backend at hand."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from attn_tuner.encoding import encoders
from attn_tuner.testing import far_corner
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.training.masked_language_model import (
    Guess,
    HiddenWords,
    language_model,
    word_chances,
)

WORDS = 22


def store_of(texts):
    """What `HiddenWords` asks of a `TokenStore`."""
    lengths = [len(text) for text in texts]
    ids = np.concatenate([np.asarray(text, "int32") for text in texts])
    return SimpleNamespace(ids=ids, offsets=np.concatenate([[0], np.cumsum(lengths)]))


@pytest.fixture
def pairs(rng):
    """Texts in which 2k, an even word, is always followed by 2k + 1."""
    firsts = [2 * rng.integers(1, WORDS // 2, rng.integers(1, 4)) for _ in range(200)]
    return store_of([np.stack([each, each + 1], 1).ravel() for each in firsts])


def whole(batch):
    """A batch's windows with its hidden words put back."""
    asked, _, weights = batch
    ids = asked["ids"].copy()
    rows, columns = np.nonzero(weights)
    ids[rows, asked["places"][rows, columns]] = asked["words"][rows, columns]
    return ids


def test_hidden_words_read_as_unknown_and_are_what_stood_there(pairs):
    data = HiddenWords([pairs], WORDS, batches=1, share=0.5)
    asked, _, weights = data[0]
    rows, columns = np.nonzero(weights)
    assert (asked["ids"][rows, asked["places"][rows, columns]] == UNKNOWN).all()
    ids = whole(data[0])
    assert (ids[:, 1::2] == np.where(ids[:, ::2], ids[:, ::2] + 1, PADDING)).all()


def test_padding_and_unknown_words_are_neither_asked_for_nor_drawn(rng):
    texts = [rng.integers(UNKNOWN, WORDS, rng.integers(0, 9)) for _ in range(60)]
    data = HiddenWords([store_of(texts)], WORDS - 5, batches=1, share=0.4)
    for index in range(20):
        asked, _, weights = data[index]
        words = asked["words"][weights > 0]
        assert ((words > UNKNOWN) & (words < WORDS - 5)).all()
        assert ((asked["negatives"] > UNKNOWN) & (asked["negatives"] < WORDS - 5)).all()
        assert (asked["ids"] < WORDS - 5).all()
        assert weights.mean() == pytest.approx(1)


def test_of_every_text_its_share_of_known_words_is_hidden(pairs):
    data = HiddenWords([pairs], WORDS, batches=1, share=0.3)
    known = (whole(data[0]) > UNKNOWN).sum(axis=1)
    hidden = (data[0][2] > 0).sum(axis=1)
    assert (hidden == np.minimum(np.ceil(0.3 * known), round(0.3 * data.steps))).all()


def test_a_window_lies_within_one_text(rng):
    texts = [np.full(length, 2 + place) for place, length in enumerate(rng.integers(1, 30, 15))]
    data = HiddenWords([store_of(texts[:5]), store_of(texts[5:])], WORDS, batches=9, steps=8)
    seen = set()
    for index in range(len(data)):
        for row in whole(data[index]):
            assert len(set(row[row > 0])) == 1
            assert (row > 0).sum() == min(8, len(texts[row[0] - 2]))
            seen.add(row[0])
    assert len(seen) == 15


def test_the_same_seed_hides_the_same_and_every_epoch_something_else(pairs):
    one, two = (HiddenWords([pairs], WORDS, batches=2, seed=4) for _ in range(2))
    first = one[1][0]["ids"]
    assert (first == two[1][0]["ids"]).all()
    one.on_epoch_end()
    assert (first != one[1][0]["ids"]).any()


def test_chances_are_shares_of_the_known_words():
    chances = word_chances([store_of([[2, 2, 1], [3, 9]]), store_of([[2]])], words=5)
    assert chances.tolist() == [0, 0, 0.75, 0.25, 0]


def test_a_guess_is_that_of_the_equation():
    chances = np.array([0, 0, 0.7, 0.2, 0.1])
    layer = Guess(chances)
    states = np.array([[[9.0, 9.0], [1.0, 0.5]]], "float32")
    vectors = np.array([[0, 0], [0, 0], [1, 2], [0, 1], [-1, 3]], "float32")
    words, negatives = np.array([[3]]), np.array([2, 3, 4])
    layer.build((1, 2, 2), (1, 1, 2))
    layer.W.assign([[2, 0], [0, 2]])
    layer.b.assign([0, 1])
    given = states, np.array([[1]]), words, vectors[words], negatives, vectors[negatives]
    given = [keras.ops.convert_to_tensor(each) for each in given]
    found = keras.ops.convert_to_numpy(layer(*given))[0, 0]

    drawn = chances**0.75 / (chances**0.75).sum()
    guess = [2, 2]  # 2 (1, 0.5) + (0, 1)
    expected = {w: vectors[w] @ guess + np.log(chances[w] / drawn[w]) for w in (2, 3, 4)}
    np.testing.assert_allclose(found[[0, 1, 3]], [expected[w] for w in (3, 2, 4)], rtol=1e-5)
    assert found[2] < -1e8  # The word itself is no negative.


def guesses(model, ids, place):
    """How likely each word is at a place, the likeliest 1; all words are negatives."""
    asked = {
        "ids": np.array([ids], "int32"),
        "places": np.array([[place]], "int32"),
        "words": np.zeros((1, 1), "int32"),
        "negatives": np.arange(2, WORDS, dtype="int32"),
    }
    logits = keras.ops.convert_to_numpy(model(asked))[0, 0, 1:]
    return np.concatenate([[0, 0], np.exp(logits - logits.max())])


@pytest.mark.parametrize("name", ["phrases", "bigru"])
def test_guessing_teaches_what_stands_beside_what(name, pairs):
    if name == "bigru" and keras.backend.backend() != "tensorflow":
        pytest.skip("Its loop takes a minute to compile or to run there.")
    both = {"phrases": encoders["ngrams"](filters=32, then="none"), "bigru": encoders["bigru"](16)}
    keras.utils.set_random_seed(0)
    embedding = keras.layers.Embedding(WORDS, 16)
    data = HiddenWords([pairs], WORDS, batches=25, share=0.3, negatives=64)
    model = language_model(embedding, both[name], data.chances, rate=0.02)
    losses = model.fit(data, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
    assert guesses(model, [6, UNKNOWN], 1).argmax() == 7
    assert guesses(model, [UNKNOWN, 13], 0).argmax() == 12


@pytest.mark.parametrize("name", encoders)
def test_every_encoder_and_its_embedding_learn_from_a_step(name, pairs):
    embedding = keras.layers.Embedding(WORDS, 8)
    encoder = far_corner(encoders[name])
    data = HiddenWords([pairs], WORDS, batches=1, texts=4)
    model = language_model(embedding, encoder, data.chances)
    model.run_eagerly = True  # Quicker, for a single step.
    before = [embedding.get_weights()[0], *encoder.get_weights()]
    asked, targets, weights = data[0]
    assert np.isfinite(model.train_on_batch(asked, targets, weights))
    after = [embedding.get_weights()[0], *encoder.get_weights()]
    moved = [(old != new).any() for old, new in zip(before, after, strict=True)]
    assert moved[0]
    assert any(moved[1:]) or name == "none"
