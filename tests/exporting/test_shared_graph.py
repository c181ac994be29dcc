"""All signatures of a SavedModel share one graph of the model."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from attn_tuner.exporting import SeriesBundle
from attn_tuner.exporting.row_bundle import RowBundle
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.text.columns.encoder import CategoricalColumn, ColumnEncoder, NumericColumn
from attn_tuner.text.columns.vectorizer import RowVectorizer
from attn_tuner.text.vectorizer import Vectorizer
from tests.support.small_models import TEXTS

PARTS = {"encoder": "bigru", "head": "additive"}  # A loop for each direction.
# Names that TensorFlow does not take as they are.
COLUMNS = ColumnEncoder(
    (
        NumericColumn("_price", 10.0, 2.0, True),
        CategoricalColumn("self", ("UK", "FR")),
        CategoricalColumn("Age", ("True", "False")),
        CategoricalColumn("age", ("old", "new")),
    )
)


def of_series():
    scaler = SeriesScaler(("heat", "pressure"), (1.0, 0.0), (2.0, 1.0))
    model = AttentionHyperModel(features=2, scaler=scaler, seed=0).model(PARTS)
    return SeriesBundle(scaler, model, ("low", "high"))


def of_rows():
    vectorizer = RowVectorizer(Vectorizer.build(TEXTS).vocabulary, columns=COLUMNS)
    model = AttentionHyperModel(len(vectorizer), columns=COLUMNS, seed=0).model(PARTS)
    return RowBundle(vectorizer, model, ("low", "high"), 20)


def loops(folder):
    """Loops in all functions of a SavedModel."""
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    [meta] = saved.meta_graphs
    nodes = [node for each in meta.graph_def.library.function for node in each.node_def]
    return sum(node.op in ("While", "StatelessWhile") for node in nodes)


@pytest.mark.parametrize("bundle", [of_series, of_rows])
def test_the_model_stands_in_the_saved_graph_once(bundle, tmp_path):
    scorer = bundle().scorer()
    signatures, _ = scorer.signatures()
    tf.saved_model.save(scorer, str(tmp_path), signatures=signatures)
    assert len(signatures) == 3
    assert loops(tmp_path) == 2


def test_padding_of_any_number_is_not_read():
    bundle = of_series()
    series = np.random.default_rng(0).normal(size=(2, 6, 2)).astype("float32")
    found = bundle.scorer().padded(tf.constant(series), tf.constant([6, 3]))
    expected = bundle.predict([series[0], series[1, :3]])
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)


def test_truths_are_read_alike_however_they_are_written():
    bundle = of_rows()
    said = [True, "true", "TRUE", "False", "perhaps"]
    rows = [
        {"text": "a b", "_price": 9.0, "self": "UK", "Age": each, "age": "old"} for each in said
    ]
    expected = bundle.predict(rows)
    assert np.array_equal(expected[0], expected[1])
    assert np.array_equal(expected[0], expected[2])
    assert len(np.unique(expected[:, 0])) == 3
    names = bundle.vectorizer.columns.arguments()
    given = {names[each]: tf.constant([row[each] for row in rows]) for each in ("_price", "self")}
    given |= {
        names["Age"]: tf.constant(list(map(str, said))),
        names["age"]: tf.constant(["old"] * 5),
    }
    found = bundle.scorer().serve(text=tf.constant(["a b"] * 5), **given)
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-6)
