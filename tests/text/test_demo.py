"""The demo corpus: solved by who says what behind which "not", and not by which words occur."""

import keras
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from attn_tuner.attention import heads
from attn_tuner.text import Batches, TokenStore, Vectorizer, load
from attn_tuner.text import demo_corpus as demo


@pytest.fixture(scope="module")
def corpus():
    return demo.corpus()


def test_the_corpus_is_the_same_for_the_same_seed_and_holds_no_review_twice(corpus):
    again, other = demo.corpus(), demo.corpus(seed=1)
    assert corpus == again
    texts = [review.text for part in corpus.values() for review in part]
    assert len(set(texts)) == len(texts) == sum(demo.SIZES.values())
    assert not set(texts) & {review.text for part in other.values() for review in part}


def test_both_classes_are_equally_frequent_in_every_part(corpus):
    for part in corpus.values():
        assert np.mean([review.label for review in part]) == 0.5


def test_reviews_are_long_enough_that_pooling_must_choose(corpus):
    lengths = [len(review.text.split()) for review in corpus["train"]]
    assert min(lengths) > 30
    assert 45 < np.mean(lengths) < 100


def test_evidence_is_the_judging_word_and_its_negation_inside_the_verdict(corpus):
    for review in corpus["train"]:
        *nots, word = [review.text[start:end] for start, end in review.evidence]
        assert nots in ([], ["not"])
        assert demo.is_praise(word) == (review.label == (not nots))
        start, end = review.verdict
        assert all(start <= first < last <= end for first, last in review.evidence)
        assert review.text[end - 1] == "."
        assert demo.is_own_opinion(review.text[start:end])


def test_the_tokens_of_the_evidence_are_found(corpus):
    spans = [(0, 3), (4, 8), (9, 10), (12, 20)]
    assert demo.tokens_within(spans, [(5, 8), (12, 13)]) == [1, 3]
    assert demo.tokens_within(spans, [(8, 9)]) == []


def test_the_loader_gives_these_parts():
    data = load("demo")
    assert data.classes == ("negative", "positive")
    assert {role: len(part) for role, part in data.parts().items()} == demo.SIZES
    assert data.notes == ()


def test_a_bag_of_words_does_not_solve_it(corpus):
    texts = {role: [review.text for review in part] for role, part in corpus.items()}
    labels = {role: [review.label for review in part] for role, part in corpus.items()}
    bag = TfidfVectorizer(ngram_range=(1, 2))
    features, unseen = bag.fit_transform(texts["train"]), bag.transform(texts["test"])
    for strength in (1, 10, 100):
        model = LogisticRegression(C=strength, max_iter=1000).fit(features, labels["train"])
        assert model.score(unseen, labels["test"]) < 0.80


@pytest.mark.slow  # The normal run derives each label from the words of the evidence.
def test_a_recurrent_encoder_with_attention_solves_it():
    keras.utils.set_random_seed(3)
    data = load("demo")
    vectorizer = Vectorizer.build(data.train.texts)
    stores = {role: TokenStore.encode(part, vectorizer) for role, part in data.parts().items()}
    ids = keras.Input((None,), dtype="int32")
    mask = keras.ops.not_equal(ids, 0)
    embedded = keras.layers.Embedding(len(vectorizer), 32)(ids)
    gru = keras.layers.GRU(32, return_sequences=True)
    states = keras.layers.Bidirectional(gru)(embedded, mask=mask)
    context = heads["additive"](units=32)(states, mask=mask)
    model = keras.Model(ids, keras.layers.Dense(1, activation="sigmoid")(context))
    model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
    enough = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", logs["accuracy"] > 0.98)
    )
    model.fit(Batches(stores["train"], 32), epochs=8, verbose=0, callbacks=[enough])
    test = Batches(stores["test"], 64, shuffle=False)
    answers = test.in_store_order(model.predict(test, verbose=0))[:, 0] > 0.5
    assert np.mean(answers == test.labels) > 0.95
