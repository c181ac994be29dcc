"""What is particular to ONNX and LiteRT files of models that take raw series of numbers."""

import json
import re

import numpy as np
import pytest

from attn_tuner.errors import ExportError
from attn_tuner.explaining.series_attention import SeriesAttention
from attn_tuner.exporting import SeriesBundle, export_bundle, exporters
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import KnownTexts
from attn_tuner.exporting.verification.verify import verify_artefact
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.layers.probability_average import ProbabilityAverage
from attn_tuner.series.scaler import SeriesScaler
from tests.support.small_models import Here
from tests.support.waves import FEATURES, waves

SERIES, LABELS = waves(24, seed=1)  # Of 12 to 29 steps.
CLASSES = ("noise", "wave")
SCALER = SeriesScaler.fit(SERIES, ("heat", "pressure"))
LIMIT = 16  # Steps, so that most series are cut.


def small_model(truncation="tail", max_length=LIMIT, seed=0, downsampling=1, **options):
    hypermodel = AttentionHyperModel(features=FEATURES, scaler=SCALER, seed=seed, **options)
    parts = {"encoder": "bigru", "head": "additive", "embedding_dim": 32}
    parts["downsampling"] = downsampling
    return hypermodel.model({**parts, "max_length": max_length, "truncation": truncation})


def of_classes(model, max_length=LIMIT, truncation="tail", **options):
    return SeriesBundle(SCALER, model, CLASSES, max_length, truncation, **options)


def verify(bundle, form, folder):
    """The proofs of the artefacts, made in this process."""
    made = exporters[form](bundle, folder)
    made = made if isinstance(made, list) else [made]
    return [verify_artefact(bundle, each, SERIES, Here()) for each in made]


@pytest.fixture(scope="module")
def bundle():
    doubt = {"conformal": Conformal(0.9, (0.2, 0.3)), "known": KnownTexts(0.98, 0.5)}
    return of_classes(small_model(), **doubt)


@pytest.fixture(scope="module")
def delivered(bundle, tmp_path_factory):
    """Artefacts by file, each proved by a process that runs the code of its README."""
    pytest.importorskip("tf2onnx")
    folder = tmp_path_factory.mktemp("series")
    labels = [CLASSES.index(each) for each in LABELS]
    made = export_bundle(bundle, folder, ["onnx", "litert"], SERIES, labels)
    return {each.path.name: each for each in made}


def test_each_file_is_proved_by_a_process_without_this_package(delivered):
    assert set(delivered) == {"model.onnx", "model.tflite", "model.int8.tflite"}
    for name in ("model.onnx", "model.tflite"):
        assert delivered[name].proof.difference <= 1e-4
        assert delivered[name].proof.noun == "series"


def test_the_loss_of_the_int8_file_is_measured_and_said(delivered):
    small, full = delivered["model.int8.tflite"], delivered["model.tflite"]
    assert small.megabytes < full.megabytes
    assert small.proof.tolerance is None
    assert 0 < small.proof.difference < 0.05
    page = (small.path.parent / "README.md").read_text(encoding="utf-8")
    assert re.search(r"model.int8.tflite`: On 24 series, .* Accuracy: model 0", page)


def test_the_card_says_how_many_steps_litert_takes(delivered):
    page = (delivered["model.tflite"].path.parent / "README.md").read_text(encoding="utf-8")
    assert "LiteRT takes 16 steps: NaN stands behind the last step of a shorter series" in page
    assert "np.full((1, 16, 2), np.nan" in page
    assert not re.search(r"\btexts?\b|\bids\b|reader.py", page)
    assert not (delivered["model.tflite"].path.parent / "reader.py").exists()


def test_onnx_takes_raw_numbers_of_any_batch_and_length(delivered, bundle):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(delivered["model.onnx"].path)
    [taken] = session.get_inputs()
    assert (taken.name, taken.shape) == ("series", ["batch", "steps", FEATURES])
    for some, steps in ((SERIES, 40), (SERIES[:1], len(SERIES[0]))):
        given = np.full((len(some), steps, FEATURES), np.nan, "float32")
        for row, each in zip(given, some, strict=True):
            row[: len(each)] = each
        probabilities, weights = session.run(["probabilities", "weights"], {"series": given})
        np.testing.assert_allclose(probabilities, bundle.predict(some), atol=1e-4)
        assert weights.shape == (len(some), 1, steps)
        np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-3)


@pytest.mark.parametrize("form", ["savedmodel", "onnx", "litert"])
def test_files_of_a_model_that_averages_steps_take_raw_steps(form, tmp_path):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    averaging = of_classes(small_model(max_length=5, downsampling=4), 20)
    assert averaging.steps_read() == (20, "tail")
    assert verify(averaging, form, tmp_path)[0].difference <= 1e-4
    if form == "onnx":
        session = pytest.importorskip("onnxruntime").InferenceSession(tmp_path / "model.onnx")
        _, expected = SeriesAttention(averaging)(SERIES[:2])
        for each, wanted in zip(SERIES, expected, strict=False):
            [weights] = session.run(["weights"], {"series": each[None]})
            np.testing.assert_allclose(weights.mean(axis=1)[0], wanted, atol=1e-5)


def test_litert_takes_series_of_one_length(delivered):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter
    content = delivered["model.tflite"].path.read_bytes()
    assert b"Flex" not in content
    [taken] = interpreter(model_content=content).get_input_details()
    assert taken["shape_signature"].tolist() == [1, LIMIT, FEATURES]


@pytest.mark.parametrize("truncation", ["head", "ends"])
def test_litert_reads_of_a_longer_series_what_the_model_reads(truncation, tmp_path):
    full, _ = verify(of_classes(small_model(truncation), LIMIT, truncation), "litert", tmp_path)
    assert full.difference <= 1e-4


def test_members_that_read_other_ends_of_a_series_share_one_length(tmp_path):
    import keras

    members = [small_model("head", 8, 1, name="early"), small_model("tail", 6, 2, name="late")]
    series = keras.Input((None, FEATURES))
    answer = ProbabilityAverage([0.5, 0.5])([each(series) for each in members])
    average = of_classes(keras.Model(series, answer), None, "head")
    assert average.steps_read() == (16, "ends")
    full, _ = verify(average, "litert", tmp_path)
    assert full.difference <= 1e-4


def test_a_model_that_reads_series_of_any_length_has_none_to_give_litert():
    whole = of_classes(small_model(max_length=None), None, "head")
    assert whole.array_input().shape == (None, FEATURES)
    with pytest.raises(ExportError, match="LiteRT takes series of one length"):
        whole.array_input(fixed_length=True)


@pytest.mark.parametrize("form", ["onnx", "litert"])
def test_a_number_for_a_series_has_its_interval(form, tmp_path):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    model = small_model(task="regression", scale=(50.0, 4.0))
    number = SeriesBundle(
        SCALER, model, (), LIMIT, "tail", task="regression", conformal=Conformal(0.9, (1.5,))
    )
    proof = verify(number, form, tmp_path)[0]
    assert proof.difference <= 1e-4
    assert "its numbers differ from the model's by at most" in proof.sentence


def test_the_card_lists_the_versions_that_run_it(delivered):
    card = json.loads((delivered["model.onnx"].path.parent / "card.json").read_text("utf-8"))
    assert "onnxruntime" in card["versions"]
    assert card["features"] == ["heat", "pressure"]
