"""A model of texts with columns beside them."""

import keras
import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.finalizing.ensemble import ensemble_model
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.text.columns.encoder import CategoricalColumn, ColumnEncoder, NumericColumn

ENCODER = ColumnEncoder((NumericColumn("price", 9.0, 2.0), CategoricalColumn("country", ("UK",))))
IDS = np.array([[2, 3, 4], [5, 6, 0]], "int32")
COLUMNS = np.array([[12.0, 1.0], [np.nan, 0.0]], "float32")
SMALL = {"encoder": "none", "head": "mean", "embedding_dim": 32, "max_length": 8}


def built(**values):
    return AttentionHyperModel(20, columns=ENCODER, seed=0).model({**SMALL, **values})


def test_it_takes_ids_and_columns_and_both_count():
    model = built()
    assert [each.name for each in model.inputs] == ["ids", "columns"]
    found = keras.ops.convert_to_numpy(model([IDS, COLUMNS]))
    other = keras.ops.convert_to_numpy(model([IDS, COLUMNS[::-1]]))
    assert found.shape == (2, 1)
    assert np.isfinite(found).all()
    assert not np.allclose(found, other)


def test_an_average_of_such_models_is_one_too():
    models = [built(), built(dense_layers=1)]
    found = ensemble_model(models, [0.5, 0.5])([IDS, COLUMNS])
    wanted = sum(each([IDS, COLUMNS]) for each in models) / 2
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_adversarial_training_leaves_the_columns_as_they_are():
    model = built(adversarial_weight=1.0, adversarial_norm=1.0)
    model.fit((IDS, COLUMNS), np.array([0, 1]), batch_size=2, epochs=1, verbose=0)
    assert np.isfinite(keras.ops.convert_to_numpy(model([IDS, COLUMNS]))).all()


def test_columns_stand_beside_texts_alone():
    with pytest.raises(SpaceError, match="columns are read beside texts"):
        AttentionHyperModel(20, columns=ENCODER, features=2)
    with pytest.raises(SpaceError, match="branch of one input"):
        AttentionHyperModel(20, columns=ENCODER).features(None, keras.Input((None,), dtype="int32"))
