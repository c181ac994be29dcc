"""What is particular to the formats that take ids."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from attn_tuner.attention import attention_model
from attn_tuner.errors import ExportError, MissingExtra, UnknownName
from attn_tuner.exporting import Bundle, export_bundle, exporters
from attn_tuner.exporting.bundle import pad_ids
from attn_tuner.exporting.formats.base import Artefact
from attn_tuner.exporting.formats.keras_format import export_keras
from attn_tuner.exporting.formats.litert import export_litert
from attn_tuner.exporting.formats.onnx_format import export_onnx
from attn_tuner.exporting.model_card import build_card, card_to_markdown
from attn_tuner.exporting.verification import fresh_process as fresh
from attn_tuner.exporting.verification.verify import Proof, readme_code
from tests.support.small_models import TEXTS, classifier

LABELS = [1, 0, 0, 1, 1, 0, 0, 0, 1]


@pytest.fixture(scope="module")
def delivered(bundle, tmp_path_factory):
    pytest.importorskip("tf2onnx")
    path = tmp_path_factory.mktemp("formats")
    return export_bundle(bundle, path, ["keras", "onnx", "litert"], TEXTS, LABELS)


def by_file(delivered):
    return {each.path.name: each for each in delivered}


def test_every_file_is_proved_before_it_is_in_place(delivered):
    files = by_file(delivered)
    assert set(files) == {"model.keras", "model.onnx", "model.tflite", "model.int8.tflite"}
    for each in files.values():
        assert each.path.exists()
        assert each.megabytes == pytest.approx(each.path.stat().st_size / 1e6)
        assert each.proof.texts == len(TEXTS)
        assert each.proof.difference < 0.05
    assert files["model.onnx"].proof.difference <= 1e-4


def test_the_int8_file_is_smaller_and_its_accuracy_is_measured(delivered):
    small, full = by_file(delivered)["model.int8.tflite"], by_file(delivered)["model.tflite"]
    assert small.megabytes < 0.6 * full.megabytes
    assert small.proof.tolerance is None
    model, artefact = small.proof.accuracy
    assert model == np.mean(full.proof.accuracy) == pytest.approx(full.proof.accuracy[1])
    assert 0 <= artefact <= 1
    assert "Accuracy: model" in small.proof.sentence


def test_the_keras_archive_trains_on(delivered, bundle):
    model = keras.saving.load_model(by_file(delivered)["model.keras"].path, safe_mode=True)
    model.compile("adam", "binary_crossentropy")
    before = model.predict_on_batch(pad_ids(bundle.ids(TEXTS)))
    model.fit(pad_ids(bundle.ids(TEXTS)), np.array(LABELS), epochs=1, verbose=0)
    assert np.abs(model.predict_on_batch(pad_ids(bundle.ids(TEXTS))) - before).max() > 0


def test_a_bundle_comes_back_from_the_archive_of_keras(delivered, bundle):
    again = Bundle.load(by_file(delivered)["model.keras"].path.parent)
    np.testing.assert_allclose(again.predict(TEXTS), bundle.predict(TEXTS), atol=1e-6)
    assert (again.classes, again.max_length, again.truncation) == (bundle.classes, 40, "ends")
    assert again.card["scores"] == {"accuracy": 0.5}


def test_onnx_gives_the_weights_for_any_batch_and_length(delivered, bundle):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(by_file(delivered)["model.onnx"].path)
    assert session.get_inputs()[0].shape == ["batch", "steps"]
    assert [each.shape for each in session.get_outputs()] == [["batch", 2], ["batch", 1, "steps"]]
    for texts, steps in ((TEXTS[:1], 9), (TEXTS, 47), (["good", ""], 1), ([], 3)):
        ids = pad_ids(bundle.ids(texts), steps)
        probabilities, weights = session.run(["probabilities", "weights"], {"ids": ids})
        (expected,) = attention_model(bundle.model)([ids]).values()
        np.testing.assert_allclose(weights, expected, atol=1e-4)
        np.testing.assert_allclose(probabilities, bundle.predict(texts), atol=1e-4)


def test_litert_uses_built_in_operators_only(delivered):
    content = by_file(delivered)["model.tflite"].path.read_bytes()
    assert b"Flex" not in content
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter
    run = interpreter(model_content=content).get_signature_runner("serving_default")
    for steps in (1, 3, 40):
        assert run(ids=np.ones((1, steps), "int32"))["weights"].shape == (1, 1, steps)


def test_a_model_of_one_length_stays_of_one_length(vectorizer, tmp_path):
    fixed = Bundle(vectorizer, classifier(steps=12, classes=3), ["a", "b", "c"], max_length=12)
    expected = fixed.predict(TEXTS)
    for name in exporters:
        folder = tmp_path / name
        folder.mkdir()
        artefact = exporters[name](fixed, folder)
        artefact = artefact[0] if isinstance(artefact, list) else artefact
        request = {"code": readme_code(fixed, artefact), "texts": TEXTS}
        np.testing.assert_allclose(fresh.run(request)["probabilities"], expected, atol=1e-4)


def test_an_operator_that_litert_lacks_is_named_with_its_layer(vectorizer, tmp_path):
    @keras.saving.register_keras_serializable("tests")
    class Strange(keras.layers.Layer):
        def call(self, inputs):
            return inputs * tf.math.bessel_i0(inputs[..., :1] * 0)

    ids = keras.Input((None,), dtype="int32")
    states = Strange(name="strange")(keras.layers.Embedding(20, 4)(ids))
    pooled = keras.ops.max(states, axis=1)
    model = keras.Model(ids, keras.layers.Dense(2, activation="softmax")(pooled))
    bundle = Bundle(vectorizer, model, ["a", "b"], max_length=9)
    with pytest.raises(ExportError, match=r"'strange'.*BesselI0.*Choose the savedmodel"):
        export_litert(bundle, tmp_path)


def test_a_missing_package_is_named_with_its_extra(bundle, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"attn-tuner\[onnx\]"):
        export_onnx(bundle, tmp_path)


def test_an_unknown_format_is_met_with_the_known_ones(bundle, tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'onnx'"):
        export_bundle(bundle, tmp_path / "best", ["onxn"])
    with pytest.raises(ExportError, match="No format was given"):
        export_bundle(bundle, tmp_path / "best", [])
    assert not (tmp_path / "best").exists()


def test_outputs_that_are_no_probabilities_are_refused(vectorizer, tmp_path):
    ids = keras.Input((None,), dtype="int32")
    pooled = keras.ops.max(keras.layers.Embedding(20, 4)(ids), axis=1)
    bundle = Bundle(
        vectorizer, keras.Model(ids, keras.layers.Dense(3)(pooled)), ["a", "b", "c"], max_length=9
    )
    with pytest.raises(ExportError, match=r"not probabilities.*End the model in a softmax"):
        export_bundle(bundle, tmp_path / "best", ["keras"], TEXTS)


def test_the_card_tells_people_and_programs_what_it_is(delivered, bundle):
    for each in delivered:
        page = (each.path.parent / "README.md").read_text(encoding="utf-8")
        card = json.loads((each.path.parent / "card.json").read_text(encoding="utf-8"))
        assert "`negative`, `positive`" in page
        assert "first and last 40 tokens" in page
        assert card["classes"] == ["negative", "positive"]
        assert ("onnxruntime" in card["versions"]) == (each.format == "onnx")
        assert card["data"] == {"name": "made up", "texts": 9}
        assert card["verification"][each.path.name]["difference"] == each.proof.difference
        assert not any(text and text in page + json.dumps(card) for text in TEXTS if text.strip())


def test_the_card_says_how_sure_a_score_is(bundle, tmp_path):
    card = {"data": {"test": 400}, "scores": {"test": {"accuracy": 0.9}, "validation": {}}}
    known = bundle.with_model(bundle.model, card=card)
    made = Artefact("keras", tmp_path / "model.keras", tolerance=1e-5)
    told = build_card(known, tmp_path, "keras", [made], [Proof(0.0, 1e-5, texts=9)])
    low, high = told["scores"]["test"]["accuracy_95"]
    assert 0.86 < low < 0.9 < high < 0.93
    assert told["scores"]["validation"] == {}
    assert "accuracy_95 0.8" in card_to_markdown(told, "")


def test_the_archive_needs_no_more_than_what_it_names(bundle, tmp_path):
    artefact = export_keras(bundle, tmp_path)
    facts = json.loads((tmp_path / "bundle.json").read_text(encoding="utf-8"))
    assert all(module.startswith("attn_tuner.") for module in facts["modules"])
    assert artefact.file.name == "model.keras"
