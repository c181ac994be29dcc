"""A model of words and their parts, made by the hypermodel, trained as any other."""

import keras
import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.space import Choice
from attn_tuner.text.subwords import TOKENS, WORD_AND_SUBWORD
from attn_tuner.text.vectorizer import Vectorizer
from attn_tuner.training.fit_data import UnfitData
from attn_tuner.training.row_adamw import RowAdamW

WORDS = ("a", "good", "bad", "film", "goodness", "badness", "filming", "plot")
VECTORIZER = Vectorizer(["", "[UNK]", *WORDS])
TEXTS = ["a good film", "a bad plot", "goodies filmed", "badly plotted film"] * 4
SIZE = len(VECTORIZER)


@pytest.fixture
def space(narrow):
    return narrow.fix(vocabulary_size=SIZE).extend(tokens=Choice(TOKENS))


@pytest.fixture
def hypermodel(space):
    return AttentionHyperModel(SIZE, 2, space=space, parts=VECTORIZER.subwords.tables, seed=1)


def answers(model, ids):
    return keras.ops.convert_to_numpy(model(ids, training=False))


def test_it_begins_with_the_answers_of_words_alone(hypermodel):
    ids = VECTORIZER.padded(TEXTS, subwords=True)
    words = hypermodel.model({})
    parts = hypermodel.model({"tokens": WORD_AND_SUBWORD})
    assert [each.name for each in words.layers if each.name.startswith("subword")] == []
    np.testing.assert_allclose(answers(parts, ids), answers(words, ids), atol=1e-6)


def test_training_learns_from_the_parts_of_unknown_words_alone(hypermodel):
    values = {"tokens": WORD_AND_SUBWORD, "learning_rate": 0.01, "head": "mean"}
    model = hypermodel.model(values)
    ids = VECTORIZER.padded(["goodies", "badly"] * 8, subwords=True)
    assert (ids >= SIZE).all()
    for _ in range(60):
        model.train_on_batch(ids, np.array([1, 0] * 8))
    good, bad = answers(model, VECTORIZER.padded(["goody", "badlands"], subwords=True))[:, 0]
    assert good > 0.6 > 0.4 > bad


def test_rows_of_parts_are_updated_as_rows_of_words(hypermodel):
    model = hypermodel.model({"tokens": WORD_AND_SUBWORD})
    assert isinstance(model.optimizer, RowAdamW)
    assert sum(model.optimizer.is_table) == 2
    rows = [each for each in model.optimizer.rows if each is not None]
    tables = {tuple(velocity.shape) for velocity, _ in rows}
    assert tables == {(SIZE, 8), (VECTORIZER.subwords.tables.buckets, 8)}


def test_words_beyond_the_limit_of_the_vocabulary_keep_their_parts(hypermodel):
    model = hypermodel.model({"tokens": WORD_AND_SUBWORD, "vocabulary_size": 4})
    model.get_layer("subwords").table.set_weights(
        [np.random.default_rng(0).normal(size=model.get_layer("subwords").table.weights[0].shape)]
    )
    ids = VECTORIZER.padded(["goodness", "badness"], subwords=True)
    assert model.get_layer("embedding").input_dim == min(4, SIZE)
    good, bad = answers(model, ids)[:, 0]
    assert abs(good - bad) > 1e-4


def test_without_the_parts_the_model_says_what_to_give(space):
    hypermodel = AttentionHyperModel(SIZE, 2, space=space)
    with pytest.raises(SpaceError, match=r"parts=vectorizer\.subwords\.tables"):
        hypermodel.model({"tokens": WORD_AND_SUBWORD})


def test_fit_takes_ids_of_parts_only_where_the_model_knows_them(hypermodel, space):
    import keras_tuner

    ids = VECTORIZER.padded(TEXTS, subwords=True)
    labels = np.arange(len(ids)) % 2
    hp = keras_tuner.HyperParameters()
    hypermodel.fit(hp, hypermodel.build(hp), ids, labels, epochs=1, verbose=0)
    alone = AttentionHyperModel(SIZE, 2, space=space)
    with pytest.raises(UnfitData, match="holds the id"):
        alone.fit(hp, alone.build(hp), ids, labels, epochs=1, verbose=0)
