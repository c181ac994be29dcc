"""What every search has to beat, on token stores."""

import os
import warnings
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner import text
from attn_tuner.baselines.baselines import linear_baseline, majority_baseline
from attn_tuner.baselines.linear_model import MAX_ONE_VS_REST
from attn_tuner.baselines.ngram_rows import count_ngrams
from attn_tuner.text.columns.encoder import ColumnEncoder
from attn_tuner.text.ngram_hashing import BUCKETS
from attn_tuner.text.token_store import TokenStore


def store(texts, labels=None, vocabulary=12, token_length=4.0):
    """The `TokenStore` of texts that are given as lists of ids."""
    lengths = [len(each) for each in texts]
    ids = np.array([each for one in texts for each in one], "int32")
    labels = np.zeros(len(texts), "int32") if labels is None else np.asarray(labels, "int32")
    return TokenStore(ids, np.cumsum([0, *lengths]), labels, vocabulary, token_length)


documents = st.lists(st.lists(st.integers(1, 11), max_size=7), min_size=1, max_size=6)


@settings(deadline=None, max_examples=60)
@given(documents, st.integers(1, 3))
def test_every_ngram_of_every_text_is_counted_once_where_it_stands(texts, order):
    counts = count_ngrams(store(texts), order)
    assert counts.shape == (len(texts), 12 + BUCKETS)
    for row, one in enumerate(texts):
        found = counts[row]
        words = Counter(one)
        single = {i: n for i, n in zip(found.indices, found.data, strict=True) if i < 12}
        assert single == words
        longer = [len(one) - length + 1 for length in range(2, order + 1)]
        assert found.sum() == len(one) + sum(max(0, number) for number in longer)


@settings(deadline=None, max_examples=40)
@given(documents)
def test_the_same_ngram_has_the_same_column_in_every_store(texts):
    together = count_ngrams(store(texts), 3)
    for row, one in enumerate(texts):
        alone = count_ngrams(store([one]), 3)
        assert (together[row] != alone[0]).nnz == 0


def test_no_ngram_runs_from_one_text_into_the_next():
    apart = count_ngrams(store([[3], [4]]), 2)
    assert apart.nnz == 2


def test_the_order_of_words_counts_from_pairs_on():
    counts = count_ngrams(store([[3, 4], [4, 3]]), 2)
    assert (counts[0] != counts[1]).nnz == 2


def test_the_majority_class_answers_with_the_shares_of_the_training_part():
    training = store([[2]] * 4, labels=[0, 1, 1, 2])
    part = store([[3]] * 2, labels=[1, 0])
    found = majority_baseline(training, {"validation": part, "test": part}, classes=4)
    np.testing.assert_allclose(found.probabilities["test"], [[0.25, 0.5, 0.25, 0.0]] * 2)
    assert found.validation["accuracy"] == 0.5
    assert set(found.row()) == {"name", "facts", "validation", "test", "seconds"}


@pytest.fixture
def negations(rng):
    """Texts whose class is whether word 5 comes right behind word 4: words alone do not tell."""

    def one(label):
        noise = list(rng.integers(6, 12, rng.integers(2, 6)))
        at = rng.integers(0, len(noise) + 1)
        return [*noise[:at], *([4, 5] if label else [5, 4]), *noise[at:]]

    labels = np.arange(120) % 2
    return [one(label) for label in labels], labels


def test_pairs_of_words_tell_what_words_alone_cannot(negations):
    texts, labels = negations
    training, test = store(texts[:80], labels[:80]), store(texts[80:], labels[80:])
    found = linear_baseline(training, {"validation": test}, 2)
    assert found.validation["accuracy"] == 1.0
    assert found.test == {}
    assert "1-2-grams" in found.facts
    np.testing.assert_allclose(found.probabilities["validation"].sum(axis=1), 1)


def test_single_characters_are_read_in_threes(negations):
    texts, labels = negations
    part = store(texts, labels, token_length=1.0)
    assert "1-3-grams" in linear_baseline(part, {"validation": part}, 2).facts


def test_three_classes_one_of_them_unseen_in_training_still_get_a_column_each(negations):
    texts, labels = negations
    training = store(texts, np.where(labels, 3, 0) + (np.arange(len(labels)) % 4 == 0))
    found = linear_baseline(training, {"validation": training}, 6).probabilities["validation"]
    assert found.shape == (len(texts), 6)
    assert not found[:, [2, 5]].any()


def test_the_same_seed_gives_the_same_answers(negations):
    texts, labels = negations
    part = store(texts, labels)
    first, second = (linear_baseline(part, {"validation": part}, 2, seed=1) for _ in range(2))
    np.testing.assert_array_equal(
        first.probabilities["validation"], second.probabilities["validation"]
    )


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        ([[2, 3], [4]], [0, 1]),
        ([[2, 3], [], [4], []], [0, 1, 1, 0]),
        ([[], []], [0, 1]),
        ([[2]] * 6, [0, 0, 0, 0, 1, 1]),
    ],
    ids=["two texts", "empty texts", "no words at all", "two of a class"],
)
def test_data_too_small_to_learn_from_gives_probabilities_and_no_warning(texts, labels):
    part = store(texts, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = linear_baseline(part, {"validation": part}, 2)
    assert np.isfinite(found.probabilities["validation"]).all()


def measured(source, **given):
    corpus = text.load(source, **given)
    vectorizer = text.Vectorizer.build(corpus.train.texts)
    stores = {role: TokenStore.encode(part, vectorizer) for role, part in corpus.parts().items()}
    training = stores.pop("train")
    return linear_baseline(training, stores, len(corpus.classes)).test["accuracy"]


def test_on_questions_in_six_classes_it_is_as_strong_as_it_should_be():
    folder = os.environ.get("ATTN_TUNER_DATA")
    if not folder:
        pytest.skip("ATTN_TUNER_DATA names no folder that holds trec/")
    assert measured(f"{folder}/trec/train.csv", test=f"{folder}/trec/test.csv") >= 0.88


@pytest.mark.slow
def test_on_chinese_reviews_it_is_as_strong_as_it_should_be():
    folder = os.environ.get("ATTN_TUNER_DATA")
    if not folder:
        pytest.skip("ATTN_TUNER_DATA names no folder that holds chn_hotel/")
    found = measured(f"{folder}/chn_hotel/train.csv", test=f"{folder}/chn_hotel/test.csv")
    assert found >= 0.89


@pytest.mark.slow
def test_on_film_reviews_it_is_as_strong_as_it_should_be():
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("TFDS_DATA_DIR names no folder that holds imdb_reviews/")
    assert measured("imdb_reviews") >= 0.9


def weighted(texts, labels, weights):
    plain = store(texts, labels)
    return replace(plain, weights=np.array(weights, "float32"))


def test_a_weight_of_two_counts_as_the_text_twice_in_the_class_shares():
    texts, labels = [[2], [3], [4]], [0, 1, 1]
    parts = {"validation": store(texts, labels)}
    found = majority_baseline(weighted(texts, labels, [2, 1, 1]), parts, 2)
    twice = majority_baseline(store([[2], *texts], [0, *labels]), parts, 2)
    np.testing.assert_allclose(found.probabilities["validation"], twice.probabilities["validation"])


@pytest.mark.parametrize("classes", [2, 3, 30])
def test_the_linear_baseline_follows_the_heavier_of_contradicting_texts(classes):
    labels = np.repeat(np.arange(classes), 8)
    texts = [[2 + label % 10, 2 + label // 10, 11] for label in labels]
    # Each text comes a second time with the next class as its label, and little weight.
    both = weighted(
        texts + texts,
        [*labels, *((labels + 1) % classes)],
        [1.0] * len(labels) + [0.01] * len(labels),
    )
    found = linear_baseline(both, {"validation": store(texts, labels)}, classes)
    assert found.validation["accuracy"] == 1
    turned = replace(both, weights=both.weights[::-1].copy())
    assert (
        linear_baseline(turned, {"validation": store(texts, labels)}, classes).validation[
            "accuracy"
        ]
        < 0.5
    )


@pytest.mark.parametrize("classes", [2, 3, MAX_ONE_VS_REST + 2])
@pytest.mark.parametrize("with_columns", [False, True])
def test_a_fit_like_itself_is_the_same(rng, classes, with_columns):
    labels = np.arange(12 * classes) % classes
    texts = [[int(word) for word in rng.integers(1, 11, 4)] + [1 + label % 9] for label in labels]
    learnt = store(texts, labels)
    if with_columns:
        rows = [{"price": float(number)} for number in rng.normal(50 * labels, 20)]
        encoder = ColumnEncoder.fit(rows, ["price"], "the rows")
        reader = SimpleNamespace(columns=encoder)
        learnt = replace(learnt, columns=encoder.read(rows), find_vectorizer=lambda: reader)
    first = linear_baseline(learnt, {"validation": learnt}, classes)
    again = linear_baseline(learnt, {"validation": learnt}, classes, like=first.learnt)
    assert again.facts == first.facts
    assert again.validation["accuracy"] == pytest.approx(first.validation["accuracy"], abs=0.05)
    if classes <= MAX_ONE_VS_REST:
        np.testing.assert_allclose(again.learnt["weights"], first.learnt["weights"], rtol=1e-6)
