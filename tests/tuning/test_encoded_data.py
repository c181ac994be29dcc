"""The weights of texts in the batches of a trial."""

import numpy as np
import pytest

from attn_tuner.text import Split, TokenStore, Vectorizer
from attn_tuner.tuning.encoded_texts import EncodedTexts

TEXTS = ["a good film", "a poor film", "a good book", "a long film"]
WEIGHTS = np.array([1, 2, 0.5, 0.5], "float32")
VALUES = {"batch_size": 4, "max_length": 8, "truncation": "head", "vocabulary_size": 99}


def encoded(weights):
    vectorizer = Vectorizer.build(TEXTS)
    split = Split(TEXTS, np.array([0, 0, 0, 1], "int32"), weights)
    return EncodedTexts({"train": TokenStore.encode(split, vectorizer)}, vectorizer)


def test_only_a_model_that_learns_from_unlabelled_texts_gets_them_in_its_batches():
    stored = encoded(WEIGHTS)
    plain = Split(["a good day", "a long book"], np.zeros(2, "int32"))
    stored.stores["unlabelled"] = TokenStore.encode(plain, stored.vectorizer)
    assert len(stored.training({**VALUES, "adversarial_weight": 1.0}, seed=0)[0][0]) == 4
    for name in ("virtual_weight", "entropy_weight"):
        ids, labels, weights = stored.training({**VALUES, name: 1.0}, seed=0)[0]
        assert len(ids) == len(labels) == 8
        assert sorted(weights.tolist()) == [0, 0, 0, 0, 1, 1, 2, 4]
    del stored.stores["unlabelled"]
    assert len(stored.training({**VALUES, "virtual_weight": 1.0}, seed=0)[0][0]) == 4


def weights_of(batches):
    return sorted(batches[0][2].tolist()) if len(batches[0]) == 3 else None


def test_a_batch_has_the_weights_of_its_texts():
    assert weights_of(encoded(WEIGHTS).training(VALUES, seed=0)) == [0.5, 0.5, 1, 2]
    assert weights_of(encoded(None).training(VALUES, seed=0)) is None


def test_class_weights_multiply_those_of_the_texts():
    values = {**VALUES, "class_weight": "balanced"}
    found = weights_of(encoded(WEIGHTS).training(values, seed=0))
    assert found == pytest.approx([2 / 7, 4 / 7, 8 / 7, 2])
