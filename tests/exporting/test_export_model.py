"""Models of other pipelines: what is taken, and what is refused in one sentence."""

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner import AttentionHyperModel
from attn_tuner.attention import heads
from attn_tuner.errors import AttnTunerError, ExportError
from attn_tuner.exporting import Bundle, make_bundle
from attn_tuner.exporting.export_model import export_model
from attn_tuner.exporting.signatures import TextScorer
from attn_tuner.exporting.standalone_reader.reader import Reader
from attn_tuner.exporting.standalone_reader.write import write_reader
from attn_tuner.layers.token_limits import TokenLimits
from tests.support.colours import in_this_process
from tests.support.small_models import TEXTS, WORDS, classifier, joined

CLASSES = ["negative", "positive"]


def model_of(*layers, dtype="int32", steps=None):
    return keras.Sequential([keras.Input((steps,), dtype=dtype), *layers])


@pytest.fixture(scope="module")
def keras_vectorizer():
    layer = keras.layers.TextVectorization()
    layer.adapt([" ".join(WORDS)])
    return layer


def served(bundle, texts):
    return TextScorer(bundle).serve(tf.constant(texts))["probabilities"].numpy()


def test_a_model_of_the_hypermodel_and_any_tuner_is_exported(vectorizer, tmp_path):
    hypermodel = AttentionHyperModel(vocabulary_size=20, classes=3)
    hp = keras_tuner.HyperParameters()
    hp.Fixed("max_length", 64)
    hp.Fixed("truncation", "tail")
    hp.Fixed("embedding_dim", 4)
    model = hypermodel.build(hp)
    path = tmp_path / "best"
    with in_this_process():
        (delivered,) = export_model(model, path, vectorizer, ["a", "b", "c"], verify_texts=TEXTS)
    assert delivered.proof.difference <= 1e-5
    loaded = tf.saved_model.load(str(path))
    answer = loaded.signatures["explain"](text=tf.constant([" ".join(["good"] * 90 + ["bad"])]))
    assert answer["tokens"].shape == (1, 64)
    assert answer["tokens"].numpy()[0, -1] == b"bad"
    assert answer["weights"].shape == (1, 1, 64)


def test_limits_are_read_from_the_model(vectorizer):
    hypermodel = AttentionHyperModel(vocabulary_size=20, classes=2)
    model = hypermodel.model({"max_length": 64, "truncation": "tail", "embedding_dim": 4})
    bundle = make_bundle(model, vectorizer, CLASSES)
    assert (bundle.max_length, bundle.truncation) == (64, "tail")
    assert make_bundle(model, vectorizer, CLASSES, max_length=7, truncation="head").max_length == 7


@pytest.mark.parametrize(
    ("task", "classes", "output"),
    [("multilabel", ["x", "y", "z"], "probabilities"), ("regression", [], "value")],
)
def test_a_model_of_another_task_says_so(vectorizer, task, classes, output):
    model, _ = joined([("additive", "none")], task, len(classes))
    bundle = make_bundle(model, vectorizer, classes, max_length=9, task=task)
    answer = TextScorer(bundle).serve(tf.constant(TEXTS))[output].numpy()
    np.testing.assert_allclose(answer.reshape(len(TEXTS), -1), bundle.predict(TEXTS), atol=1e-5)
    with pytest.raises(AttnTunerError):
        make_bundle(model, vectorizer, classes, task="multi-label")


def test_a_plain_keras_model_with_our_head_and_a_keras_vectorizer(keras_vectorizer):
    inputs = keras.Input((None,), dtype="int64")
    embedded = keras.layers.Embedding(30, 4, mask_zero=True)(inputs)
    states = keras.layers.LSTM(5, return_sequences=True)(embedded)
    context = heads["feedforward"]()(states)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(context))
    bundle = make_bundle(model, keras_vectorizer, CLASSES, max_length=40)
    np.testing.assert_allclose(served(bundle, TEXTS), bundle.predict(TEXTS), atol=1e-5)
    long = [" ".join(WORDS * 9)]
    np.testing.assert_allclose(served(bundle, long), bundle.predict(long), atol=1e-5)
    why = TextScorer(bundle).explain(tf.constant(["good unheard film"]))
    assert why["tokens"].numpy().tolist() == [[b"good", b"[UNK]", b"film"]]
    assert why["weights"].shape == (1, 1, 3)


def test_bytes_that_are_no_utf8_pass_a_keras_vectorizer_too(keras_vectorizer):
    inputs = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(30, 4)(inputs)
    context = heads["mean"]()(embedded, mask=inputs != 0)
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(context))
    bundle = make_bundle(model, keras_vectorizer, CLASSES)
    assert np.isfinite(served(bundle, [b"\xff good", b""])).all()


def test_a_bundle_with_a_keras_vectorizer_is_kept_on_disk(keras_vectorizer, tmp_path):
    model = classifier(vocabulary=30)
    bundle = make_bundle(model, keras_vectorizer, CLASSES, max_length=9)
    again = Bundle.load(bundle.save(tmp_path))
    np.testing.assert_allclose(again.predict(TEXTS), bundle.predict(TEXTS), atol=1e-6)


SETTINGS = {
    "of Keras": {},
    "as it is": {"standardize": None},
    "lower": {"standardize": "lower", "output_sequence_length": 5},
    "stripped": {"standardize": "strip_punctuation", "max_tokens": 9},
    "characters": {"split": "character"},
}
STRANGE = st.sampled_from("aB É\xa0\u3000\t\n\x1c.,-'_~房\u2028g[UNK]\0")
ANY_TEXT = st.text(alphabet=STRANGE) | st.text()


@pytest.mark.parametrize("name", SETTINGS)
def test_the_plain_reader_reads_as_a_keras_vectorizer_does(name, tmp_path):
    layer = keras.layers.TextVectorization(**SETTINGS[name])
    layer.adapt([" ".join([*WORDS, "A.b", "É", "a\xa0b", "don't"])])
    bundle = make_bundle(classifier(vocabulary=60), layer, CLASSES, max_length=7)
    write_reader(bundle, tmp_path)
    reader = Reader(tmp_path / "vectorizer.json")

    @settings(max_examples=60, deadline=None)
    @given(texts=st.lists(ANY_TEXT, min_size=1, max_size=8))
    def agree(texts):
        assert [reader.ids(text) for text in texts] == bundle.ids(texts)

    agree()
    assert [reader.ids(text) for text in TEXTS] == bundle.ids(TEXTS)


@pytest.mark.parametrize("form", ["onnx", "litert"])
def test_a_keras_vectorizer_goes_where_tensorflow_is_not(keras_vectorizer, tmp_path, form):
    pytest.importorskip({"onnx": "tf2onnx", "litert": "ai_edge_litert"}[form])
    options = {"formats": form, "verify_texts": TEXTS, "max_length": 9}
    made = export_model(
        classifier(vocabulary=30), tmp_path / "best", keras_vectorizer, CLASSES, **options
    )
    assert made[0].proof.difference <= 1e-4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"standardize": tf.strings.upper}, "standardize="),
        ({"split": tf.strings.split}, "split="),
        ({"ngrams": 2}, "ngrams=.*Make the layer with ngrams=None"),
    ],
)
def test_a_setting_that_plain_python_cannot_repeat_is_named(options, said, tmp_path):
    layer = keras.layers.TextVectorization(**options)
    layer.adapt([" ".join(WORDS)])
    with pytest.raises(ExportError, match=said):
        write_reader(make_bundle(classifier(vocabulary=60), layer, CLASSES), tmp_path)


def test_logits_are_exported_with_the_softmax_that_they_lack(vectorizer, tmp_path):
    for width, task in ((2, ""), (1, ""), (2, "multilabel")):
        ids = keras.Input((None,), dtype="int32")
        context = heads["mean"]()(keras.layers.Embedding(20, 4)(ids), mask=ids != 0)
        model = keras.Model(ids, keras.layers.Dense(width, bias_initializer="ones")(context))
        options = {"task": task, "verify_texts": TEXTS, "from_logits": True}
        export_model(model, tmp_path / "b", vectorizer, CLASSES, **options)
        loaded = tf.saved_model.load(str(tmp_path / "b"))
        answer = loaded.signatures["serving_default"](text=tf.constant(TEXTS))["probabilities"]
        sums = answer.numpy().sum(axis=1)
        assert np.allclose(sums, 1.0) or task
        assert 0 <= answer.numpy().min() <= answer.numpy().max() <= 1


def test_heads_behind_different_cuts_weigh_the_tokens_they_saw(vectorizer):
    ids = keras.Input((None,), dtype="int32")
    seen = []
    for limit, truncation in ((2, "head"), (3, "tail")):
        own = TokenLimits(99, limit, truncation)(ids)
        embedded = keras.layers.Embedding(20, 4)(own)
        seen.append(heads["mean"]()(embedded, mask=own != 0))
    joined = keras.layers.Concatenate()(seen)
    model = keras.Model(ids, keras.layers.Dense(2, activation="softmax")(joined))
    bundle = make_bundle(model, vectorizer, CLASSES)
    assert bundle.max_length is None
    why = TextScorer(bundle).explain(tf.constant(["a good film is bad", "a"]))
    expected = [[0.5, 0.5, 0, 0, 0], [0, 0, 1 / 3, 1 / 3, 1 / 3]]
    np.testing.assert_allclose(why["weights"][0], expected, atol=1e-6)
    np.testing.assert_allclose(why["weights"][1], [[1, 0, 0, 0, 0]] * 2, atol=1e-6)
    np.testing.assert_allclose(served(bundle, TEXTS), bundle.predict(TEXTS), atol=1e-5)


class Subclassed(keras.Model):
    def call(self, ids):
        return keras.ops.one_hot(ids[:, 0], 2)


REFUSED = {
    "a subclass": (Subclassed, {}, "is a Subclassed, .* Pass a Functional model"),
    "a Sequential of no input": (
        lambda: keras.Sequential([keras.layers.Dense(2)]),
        {},
        "Functional",
    ),
    "no model": (lambda: "model.keras", {}, "model is a str"),
    "too many classes": (lambda: classifier(classes=3), {}, r"gives 3 numbers .* 2 classes"),
    "too few classes": (
        lambda: classifier(classes=2),
        {"classes": ["one"]},
        "needs at least 2 different classes",
    ),
    "more words than rows": (lambda: classifier(vocabulary=9), {}, "20 words, .* has 9 rows"),
    "strings": (
        lambda: model_of(keras.layers.TextVectorization(), dtype="string"),
        {},
        r"\(string\)\. A bundle holds a model of one input of ids; export\(\) writes",
    ),
    "features": (
        lambda: keras.Sequential([keras.Input((None, 3)), keras.layers.GlobalMaxPooling1D()]),
        {},
        r"input has the shape \(None, None, 3\)",
    ),
    "a sequence out": (
        lambda: model_of(keras.layers.Embedding(20, 2)),
        {},
        r"outputs have the shapes \[\(None, None, 2\)\]",
    ),
    "padding counts": (
        lambda: model_of(
            keras.layers.Embedding(20, 4, embeddings_initializer="ones"),
            keras.layers.LSTM(3),
            keras.layers.Dense(2, activation="softmax"),
        ),
        {},
        "Padding changes the model's output",
    ),
    "another vectorizer": (classifier, {"vectorizer": str.split}, "vectorizer is a method_desc"),
    "a vectorizer without words": (
        classifier,
        {"vectorizer": keras.layers.TextVectorization()},
        r"Call its adapt\(texts\) first",
    ),
    "a vectorizer of counts": (
        classifier,
        {"vectorizer": keras.layers.TextVectorization(output_mode="count")},
        "output_mode='int'",
    ),
    "a limit beyond the length": (
        lambda: classifier(steps=5),
        {"max_length": 6},
        "takes 5 ids per text, fewer than max_length=6",
    ),
    "no token": (classifier, {"max_length": -1}, "at least 1 token"),
    "an unknown part": (classifier, {"truncation": "middle"}, "one of head, tail, ends"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_in_a_sentence(vectorizer, name):
    make, changes, sentence = REFUSED[name]
    given = {"vectorizer": vectorizer, "classes": CLASSES, **changes}
    with pytest.raises(ExportError, match=sentence) as caught:
        make_bundle(make(), **given)
    assert "\n" not in str(caught.value)


def test_a_model_of_one_length_needs_no_mask(vectorizer):
    model = model_of(
        keras.layers.Embedding(20, 4),
        keras.layers.LSTM(3),
        keras.layers.Dense(2, activation="softmax"),
        steps=12,
    )
    bundle = make_bundle(model, vectorizer, CLASSES)
    assert bundle.max_length == 12
    np.testing.assert_allclose(served(bundle, TEXTS), bundle.predict(TEXTS), atol=1e-5)


@pytest.fixture(scope="module")
def of_three():
    return model_of(
        keras.layers.Embedding(50, 4, mask_zero=True),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(3, activation="softmax"),
    )


def test_a_dict_of_classes_gives_the_names_by_number(vectorizer, of_three):
    bundle = make_bundle(of_three, vectorizer, {2: "c", 0: "a", 1: "b"})
    assert bundle.classes == ("a", "b", "c")


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ({0: "a", 1: "b", 3: "c"}, "The keys of classes are 0, 1, 3"),
        ({"a": 0, "b": 1, "c": 2}, "numbers of the model's outputs without a gap, 0 to 2"),
        ({1: "a", 2: "b", 3: "c"}, "without a gap"),
        ("abc", "classes is a str"),
        ({"a", "b", "c"}, "classes is a set"),
        (["a", "b\nc", "d"], "has a line break"),
        (["a", "b\u2028c", "d"], "has a line break"),
    ],
)
def test_classes_whose_order_or_lines_are_unknown_are_refused(vectorizer, of_three, classes, words):
    with pytest.raises(ExportError, match=words):
        make_bundle(of_three, vectorizer, classes)
