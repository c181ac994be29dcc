"""The vectors of words with those of their parts: the equation, the weights, the file."""

import keras
import numpy as np
import pytest

from attn_tuner.layers.subword_embedding import SubwordEmbedding
from attn_tuner.text.subwords import Subwords, bucket
from attn_tuner.training.row_adamw import RowAdamW

SUBWORDS = Subwords(["", "[UNK]", "her", "films", "goodness"])
WIDTH = 4


def as_array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def built(trained=True):
    """The layer for `SUBWORDS`, with random rows if it is trained."""
    tables = SUBWORDS.tables
    layer = SubwordEmbedding.of(tables, WIDTH, name="subwords")
    layer.build((None, None, WIDTH), (None, None))
    layer.hold(tables)
    if trained:
        rows = np.random.default_rng(0).normal(size=(tables.buckets, WIDTH))
        layer.table.set_weights([rows.astype("float32")])
    return layer


def mean_of(layer, parts):
    rows = as_array(layer.table.weights[0])
    return np.mean([rows[bucket(part, layer.buckets)] for part in parts], axis=0)


@pytest.fixture
def vectors(rng):
    return rng.normal(size=(2, 3, WIDTH)).astype("float32")


def test_a_word_has_the_mean_of_its_ngrams_beside_its_own_vector(vectors):
    layer = built()
    ids = np.array([[2, 2, 0], [1, 2, 3]], "int32")
    found = as_array(layer(vectors, ids)) - vectors
    her = mean_of(layer, ["<he", "<her", "<her>", "her", "her>", "er>"])
    films = ["<fi", "<fil", "<film", "fil", "film", "films", "ilm", "ilms", "ilms>"]
    films = mean_of(layer, [*films, "lms", "lms>", "ms>"])
    for place in ((0, 0), (0, 1), (1, 1)):
        np.testing.assert_allclose(found[place], her, atol=1e-6)
    np.testing.assert_allclose(found[1, 2], films, atol=1e-6)


def test_padding_and_unknown_words_without_parts_are_left_as_they_are(vectors):
    found = as_array(built()(vectors, np.array([[0, 1, 0], [1, 1, 0]], "int32")))
    np.testing.assert_allclose(found, vectors, atol=1e-6)


def test_a_word_outside_the_vocabulary_has_the_ngrams_of_its_beginning_and_end(vectors):
    layer = built()
    ids = np.array([[SUBWORDS.id_of("filmstock"), SUBWORDS.id_of("madness"), 2]], "int32")
    found = as_array(layer(vectors[:1], ids)) - vectors[:1]
    film = ["<fi", "<fil", "<film", "fil", "film", "ilm"]
    ness = ["nes", "ness", "ness>", "ess", "ess>", "ss>"]
    np.testing.assert_allclose(found[0, 0], mean_of(layer, film), atol=1e-6)
    np.testing.assert_allclose(found[0, 1], mean_of(layer, ness), atol=1e-6)
    both = np.array([[SUBWORDS.id_of("filmness")]], "int32")
    found = as_array(layer(vectors[:1, :1], both)) - vectors[:1, :1]
    np.testing.assert_allclose(found[0, 0], mean_of(layer, film + ness), atol=1e-6)


def test_one_part_at_a_time_gives_the_same_means():
    layer = built()
    buckets = keras.ops.convert_to_tensor(SUBWORDS.tables.words)
    np.testing.assert_allclose(
        as_array(layer._means_by_part(buckets)), as_array(layer._means(buckets)), atol=1e-6
    )


def test_it_begins_as_a_model_of_words_alone(vectors):
    ids = np.array([[2, 3, 4], [2, SUBWORDS.id_of("filmness"), 0]], "int32")
    np.testing.assert_array_equal(as_array(built(trained=False)(vectors, ids)), vectors)


def small_model():
    ids = keras.Input((None,), dtype="int32", name="ids")
    words = keras.layers.Embedding(5, WIDTH, name="embedding")(keras.ops.minimum(ids, 4))
    layer = SubwordEmbedding.of(SUBWORDS.tables, WIDTH, name="subwords")
    pooled = keras.layers.GlobalAveragePooling1D()(layer(words, ids))
    layer.hold(SUBWORDS.tables)
    return keras.Model(ids, keras.layers.Dense(1, activation="sigmoid")(pooled))


def test_a_step_moves_the_rows_of_the_parts_that_the_batch_read_and_no_others():
    model = small_model()
    layer = model.get_layer("subwords")
    model.compile(RowAdamW(0.1), "binary_crossentropy")
    held = [as_array(each) for each in layer.weights if not each.trainable]
    model.train_on_batch(np.array([[2, 2]], "int32"), np.array([1.0]))
    moved = np.flatnonzero(np.abs(as_array(layer.table.weights[0])).sum(axis=1))
    parts = ["<he", "<her", "<her>", "her", "her>", "er>"]
    assert set(moved) == {bucket(part, layer.buckets) for part in parts}
    for before, each in zip(held, layer.non_trainable_weights, strict=True):
        np.testing.assert_array_equal(as_array(each), before)


def test_it_comes_back_from_its_file(tmp_path):
    model = small_model()
    table = model.get_layer("subwords").table
    table.set_weights([np.random.default_rng(1).normal(size=table.weights[0].shape)])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    ids = np.array([[2, 3, SUBWORDS.id_of("filmness")], [4, 1, 0]], "int32")
    np.testing.assert_allclose(as_array(again(ids)), as_array(model(ids)), atol=1e-6)
