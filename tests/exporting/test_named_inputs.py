"""Models with several inputs, or with strings as input, as a SavedModel of named inputs."""

import json

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

from attn_tuner import AttentionHyperModel, export
from attn_tuner.errors import ExportError
from attn_tuner.text.vectorizer import Vectorizer
from tests.support.small_models import TEXTS, WORDS

CLASSES = ["no", "yes"]
ROWS = [
    {"text": text, "price": float(number), "country": ["fr", "de", "other"][number % 3]}
    for number, text in enumerate(TEXTS)
]


@pytest.fixture(scope="module")
def priced(vectorizer):
    """A text through our layers, a number as it is, and a string that the model reads itself."""
    keras.utils.set_random_seed(1)
    text = keras.Input((None,), dtype="int32", name="text")
    price = keras.Input((1,), name="price")
    country = keras.Input((1,), dtype="string", name="country")
    hypermodel = AttentionHyperModel(len(vectorizer.vocabulary), name="description")
    context = hypermodel.features(keras_tuner.HyperParameters(), text)
    where = keras.layers.StringLookup(vocabulary=["fr", "de"], output_mode="one_hot")(country)
    joined = keras.layers.Concatenate()([context, price, where])
    answer = keras.layers.Dense(1, activation="sigmoid")(joined)
    return keras.Model([text, price, country], answer)


@pytest.fixture(scope="module")
def exported(priced, vectorizer, tmp_path_factory):
    path = tmp_path_factory.mktemp("named") / "best"
    return export(priced, path, {"text": vectorizer}, CLASSES, verify_texts=ROWS)[0]


def test_a_text_a_number_and_a_string_are_named_inputs(exported, priced, vectorizer):
    assert exported.proof.difference <= 1e-5
    assert exported.proof.texts == len(ROWS)
    serve = tf.saved_model.load(str(exported.path)).signatures["serving_default"]
    given = {name: tf.constant([row[name] for row in ROWS]) for name in ROWS[0]}
    answer = serve(**given)
    ids = vectorizer.padded(TEXTS)
    price, country = given["price"][:, None], given["country"][:, None]
    expected = priced([tf.constant(ids), price, country])[:, 0]
    np.testing.assert_allclose(answer["probabilities"][:, 1], expected, atol=1e-5)
    assert set(answer["label"].numpy().tolist()) <= {b"no", b"yes"}
    nothing = serve(**{name: values[:0] for name, values in given.items()})
    assert nothing["probabilities"].shape == (0, 2)


def test_the_readme_shows_every_input_and_the_card_its_facts(exported):
    page = (exported.path / "README.md").read_text(encoding="utf-8")
    assert '    price=tf.constant([row["price"] for row in rows], "float32"),' in page
    assert '    text=tf.constant([row["text"] for row in rows]),' in page
    card = json.loads((exported.path / "card.json").read_text(encoding="utf-8"))
    assert card["classes"] == CLASSES
    assert card["verification"]["."]["texts"] == len(ROWS)


def test_two_branches_of_one_hypermodel_read_two_texts(vectorizer, tmp_path):
    hp = keras_tuner.HyperParameters()
    contexts, inputs = [], []
    for name in ("question", "answer"):
        inputs.append(keras.Input((None,), dtype="int32", name=name))
        branch = AttentionHyperModel(len(vectorizer.vocabulary), name=name)
        contexts.append(branch.features(hp, inputs[-1]))
    joined = keras.layers.Concatenate()(contexts)
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(joined))
    made = export(model, tmp_path / "best", vectorizer, ["a", "b", "c"])  # Rows are generated.
    assert made[0].proof.texts > 9
    table = {"question": TEXTS, "answer": TEXTS[::-1]}
    made = export(model, tmp_path / "best", vectorizer, ["a", "b", "c"], verify_texts=table)
    assert made[0].proof.texts == len(TEXTS)


def test_a_model_with_a_text_vectorization_inside_is_exported_as_it_is(tmp_path):
    reader = keras.layers.TextVectorization()
    reader.adapt([" ".join(WORDS)])
    layers = [
        keras.Input((1,), dtype="string", name="review"),
        reader,
        keras.layers.Embedding(30, 4),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(2, name="logits"),
    ]
    model = keras.Sequential(layers)
    with pytest.raises(ExportError, match="from_logits=True, or add the layer"):
        export(model, tmp_path / "best", classes=CLASSES)
    made = export(model, tmp_path / "best", classes=CLASSES, verify_texts=TEXTS, from_logits=True)
    serve = tf.saved_model.load(str(made[0].path)).signatures["serving_default"]
    answer = serve(review=tf.constant(["good", "a bad film"]))
    expected = keras.ops.softmax(model(tf.constant([["good"], ["a bad film"]])))
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-5)


def test_a_regression_gives_a_value(vectorizer, tmp_path):
    text = keras.Input((9,), dtype="int32", name="text")
    size = keras.Input((3,), name="size")
    pooled = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(20, 4)(text))
    answer = keras.layers.Dense(1)(keras.layers.Concatenate()([pooled, size]))
    model = keras.Model({"text": text, "size": size}, answer)
    made = export(model, tmp_path / "best", {"text": vectorizer}, task="regression")
    serve = tf.saved_model.load(str(made[0].path)).signatures["serving_default"]
    assert serve(text=tf.constant(["good"]), size=tf.ones((1, 3)))["value"].shape == (1,)


REFUSED = {
    "another format": ({"formats": "onnx"}, "onnx takes a model of one input of ids"),
    "an unknown input": ({"vectorizer": {"title": None}}, "names 'title', but .* text, price"),
    "numbers read as text": ({"vectorizer": {"price": Vectorizer(["", "[UNK]"])}}, "not ids"),
    "a row that lacks one": ({"verify_texts": [{"text": "a"}]}, "without price, country"),
    "sizes": ({"max_size_mb": 1}, "max_size_mb is for models of one input"),
    "classes": ({"classes": ["a", "b", "c"]}, "gives 1 number per text"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_in_a_sentence(priced, vectorizer, tmp_path, name):
    changes, said = REFUSED[name]
    given = {"vectorizer": {"text": vectorizer}, "classes": CLASSES, **changes}
    with pytest.raises(ExportError, match=said):
        export(priced, tmp_path / "best", **given)
    assert not (tmp_path / "best").exists()


@pytest.mark.parametrize("name", ["a b", "_a", "self", "é", "C"])
def test_a_name_that_is_no_argument_is_refused(name, vectorizer, tmp_path):
    inputs = [keras.Input((2,), name=name), keras.Input((2,), name="c")]
    answer = keras.layers.Dense(1, activation="sigmoid")(keras.layers.Concatenate()(inputs))
    with pytest.raises(ExportError, match=f"called '{name}', which cannot name an argument"):
        export(keras.Model(inputs, answer), tmp_path / "best", classes=CLASSES)
