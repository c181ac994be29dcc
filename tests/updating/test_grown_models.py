"""A larger vocabulary and more classes change nothing of what a model knew."""

import numpy as np
import pytest

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.search_defaults import every_dimension
from attn_tuner.text import Split, TokenStore, Vectorizer
from attn_tuner.updating.grown_vocabulary import grown, read_by
from attn_tuner.updating.grown_weights import take_over

WORDS = ["", "[UNK]", "red", "blue", "green", "reddish"]
TEXTS = ["red blue", "green blueish reddish", "purple red", "zzz"]


def store_of(vectorizer):
    return TokenStore.encode(Split(TEXTS, np.zeros(len(TEXTS), "int32")), vectorizer)


def test_words_that_occur_twice_come_behind_the_known_ones():
    former = Vectorizer(WORDS)
    found = grown(former, ["ashen red ashen", "silver"])
    assert found.vocabulary == [*WORDS, "ashen"]
    assert grown(former, ["silver", "red red"]) is former


def test_encoded_texts_are_read_as_the_larger_vocabulary_encodes_them():
    former = Vectorizer(WORDS)
    larger = grown(former, ["ashen ashen"])
    moved, anew = read_by(store_of(former), former, larger), store_of(larger)
    assert moved.keys() == anew.keys()
    assert moved.vocabulary_size == len(larger)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("tokens", ["word", "word+subword"])
def test_the_larger_model_gives_old_classes_the_same_odds(classes, tokens):
    former = Vectorizer(WORDS)
    larger = grown(former, ["ashen ashen pinkish pinkish"])
    values = {"tokens": tokens, "encoder": "none", "head": "additive", "hashed_ngrams": 2}
    values |= {
        "ngram_buckets": 16,
        "max_length": 8,
        "embedding_dim": 32,
        "use_ema": True,
        "epochs": 1,
        "region_size": 5,
    }

    def model(vectorizer, classes):
        return AttentionHyperModel(
            len(vectorizer),
            classes,
            space=every_dimension(3),
            parts=vectorizer.subwords.tables,
            training_texts=10,
            seed=classes,
        ).model({**values, "vocabulary_size": len(vectorizer)})

    old, new = model(former, classes), model(larger, classes + 1)
    subwords = tokens != "word"
    if subwords:
        old.get_layer("subwords").table.embeddings.assign(
            np.random.default_rng(0).normal(size=old.get_layer("subwords").table.embeddings.shape)
        )
    take_over(new, old)
    ids = former.padded(TEXTS, subwords=subwords), larger.padded(TEXTS, subwords=subwords)
    before, after = old.predict(ids[0], verbose=0), new.predict(ids[1], verbose=0)
    if classes == 2:
        before = np.concatenate([1 - before, before], axis=1)
    odds = after[:, :classes] / after[:, :classes].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(odds, before, rtol=1e-4)
    assert all(
        np.array_equal(weight.numpy(), average.numpy())
        for weight, average in new.optimizer.averages
    )
