"""A softmax over many classes is fitted on from that of earlier texts."""

import numpy as np
import pytest

from attn_tuner.baselines.baselines import linear_baseline
from attn_tuner.baselines.further_fit import former_model
from attn_tuner.baselines.linear_model import MAX_ONE_VS_REST
from attn_tuner.baselines.ngram_rows import NgramRows
from attn_tuner.text import Split, TokenStore, Vectorizer
from attn_tuner.updating.grown_vocabulary import grown, read_by

CLASSES = MAX_ONE_VS_REST + 2
NAMES = [f"thing{number}" for number in range(CLASSES)]


def texts_of(random, names, count):
    """Texts of a word that names the class, and of others."""
    labels = np.arange(count * len(names)) % len(names)
    return [f"{random.choice(NAMES[:4])} of {names[label]}" for label in labels], labels


@pytest.fixture(scope="module")
def former():
    texts, labels = texts_of(np.random.default_rng(0), NAMES, 8)
    vectorizer = Vectorizer.build(texts, minimum_count=1)
    store = TokenStore.encode(Split(texts, labels.astype("int32")), vectorizer)
    return vectorizer, store, linear_baseline(store, {"validation": store}, CLASSES)


@pytest.fixture(scope="module")
def joined(former):
    """The same texts, and texts of a further class with words of its own."""
    vectorizer, store, _ = former
    texts = [f"silver {number} of new" for number in (1, 2, 3, 4)] * 3
    larger = grown(vectorizer, texts)
    labels = np.full(len(texts), CLASSES, "int32")
    added = TokenStore.encode(Split(texts, labels), larger)
    return TokenStore.concatenate([read_by(store, vectorizer, larger), added])


def test_known_ngrams_and_classes_keep_their_weights(former, joined):
    _, store, baseline = former
    earlier = NgramRows.fit(store)[0]
    ngrams, rows = NgramRows.fit(joined)
    start = former_model(baseline.learnt, ngrams, CLASSES + 1)
    assert start.weights.shape == (rows.shape[1], CLASSES + 1)
    assert not start.weights[:, CLASSES].any()
    plain = baseline.learnt["weights"] / earlier.frequencies[:, None]
    known = {each: plain[place] for place, each in enumerate(earlier.columns.tolist())}
    new_words = range(earlier.words, ngrams.words)
    for place, column in enumerate(ngrams.columns.tolist()):
        if column < earlier.words:
            expected = known.get(column, np.zeros(CLASSES))
            np.testing.assert_allclose(start.weights[place, :CLASSES], expected, rtol=1e-4)
        elif column in new_words:
            assert not start.weights[place].any()
    old = start(rows[: len(store)]).argmax(axis=1)
    assert np.mean(old == store.labels) == 1


def test_the_fit_learns_the_further_class_and_keeps_the_others(former, joined):
    like = former[2].learnt
    found = linear_baseline(joined, {"validation": joined}, CLASSES + 1, like=like, further=True)
    assert found.validation["accuracy"] == 1
    assert found.learnt["penalty"] == like["penalty"]


def test_a_fit_of_class_against_class_has_no_start(former, joined):
    ngrams = NgramRows.fit(joined)[0]
    assert former_model({**former[2].learnt, "answers": "shares"}, ngrams, 3) is None
