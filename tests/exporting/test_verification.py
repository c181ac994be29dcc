import json
from pathlib import Path

import pytest

from attn_tuner.errors import ExportError
from attn_tuner.exporting import Bundle, export_bundle, exporters
from attn_tuner.exporting.formats.base import Artefact, Program
from attn_tuner.exporting.formats.savedmodel import export_savedmodel
from attn_tuner.exporting.model_card import write_card
from attn_tuner.exporting.tensorflow_subprocess import artefact_of, facts_of
from attn_tuner.exporting.verification import fresh_process as fresh
from attn_tuner.exporting.verification.verify import FreshProcess, verify_artefact
from tests.support import ROOT
from tests.support.pages import blocks
from tests.support.small_models import TEXTS, Here, classifier


class Answers:
    """A process that answers what it is told to."""

    def __init__(self, **answer):
        self.answer = answer

    def ask(self, request):
        self.request = request
        return self.answer


def artefact(tmp_path, **changes):
    return Artefact(**{"kind": "savedmodel", "file": tmp_path, "tolerance": 1e-5, **changes})


def test_an_artefact_that_is_off_is_refused_with_how_far(bundle, tmp_path):
    expected = bundle.predict(TEXTS)
    off = expected.copy()
    off[3] += [0.02, -0.02]
    with pytest.raises(ExportError, match=r"by 0\.02 .* 1e-05 is allowed.*'房间很干净'"):
        verify_artefact(bundle, artefact(tmp_path), TEXTS, Answers(probabilities=off.tolist()))


def test_a_difference_within_the_tolerance_is_reported(bundle, tmp_path):
    expected = bundle.predict(TEXTS)
    answers = Answers(probabilities=(expected + [5e-6, -5e-6]).tolist())
    proof = verify_artefact(bundle, artefact(tmp_path), TEXTS, answers)
    assert proof.difference == pytest.approx(5e-6, rel=0.1)
    assert proof.texts == len(TEXTS)


def test_an_artefact_that_gives_other_shapes_or_nan_is_refused(bundle, tmp_path):
    for wrong in ([[0.1, 0.2, 0.7]], [[float("nan"), 1.0]]):
        answers = Answers(probabilities=wrong * len(TEXTS))
        with pytest.raises(ExportError, match="not finite probabilities of shape"):
            verify_artefact(bundle, artefact(tmp_path), TEXTS, answers)


def test_an_artefact_that_does_not_run_is_refused_in_its_own_words(bundle, tmp_path):
    with pytest.raises(ExportError, match="does not run: OSError: gone"):
        verify_artefact(bundle, artefact(tmp_path), TEXTS, Answers(error="OSError: gone"))


def test_an_artefact_with_other_class_names_is_refused(bundle, tmp_path):
    expected = bundle.predict(TEXTS)
    right = [bundle.classes[best] for best in expected.argmax(axis=-1)]
    answers = {"probabilities": expected.tolist(), "labels": right}
    assert verify_artefact(bundle, artefact(tmp_path), TEXTS, Answers(**answers)).difference == 0
    with pytest.raises(ExportError, match="labels are not those"):
        verify_artefact(
            bundle, artefact(tmp_path), TEXTS, Answers(**{**answers, "labels": right[::-1]})
        )


def test_no_texts_are_no_reason_to_fail(bundle, tmp_path):
    assert verify_artefact(bundle, artefact(tmp_path), [], Answers(probabilities=[])).texts == 0


def test_a_fresh_process_cannot_import_the_package(tmp_path):
    with FreshProcess("onnx") as process:
        code = f"import onnxruntime\nonnxruntime.InferenceSession('{tmp_path}/none')\ntexts = []"
        assert "NO_SUCHFILE" in process.ask({"code": code, "texts": []})["error"]
        # And it goes on after an error.
        code = "import attn_tuner\ntexts = []"
        assert "import of attn_tuner halted" in process.ask({"code": code, "texts": []})["error"]
    for kind in ("savedmodel", "onnx", "litert"):
        assert "attn_tuner" in fresh.FORBIDDEN[kind]


def test_a_process_that_dies_is_told_from_one_that_answers(monkeypatch, tmp_path):
    script = tmp_path / "dies.py"
    script.write_text("raise SystemExit('no TensorFlow here')")
    monkeypatch.setattr("attn_tuner.exporting.verification.verify._SCRIPT", script)
    with (
        FreshProcess("onnx") as process,
        pytest.raises(ExportError, match="ended: no TensorFlow here"),
    ):
        process.ask({"path": "any"})


def test_the_script_imports_nothing_of_the_package():
    source = Path(fresh.__file__).read_text(encoding="utf-8")
    assert "from attn_tuner" not in source
    assert "import attn_tuner" not in source


@pytest.mark.parametrize("form", ["savedmodel", "keras", "onnx", "litert"])
def test_the_proof_runs_the_very_code_that_the_readme_prints(bundle, tmp_path, form):
    asked = []

    class Listening(Here):
        def ask(self, request):
            asked.append(request["code"])
            return super().ask(request)

    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    made = exporters[form](bundle, tmp_path)
    artefacts = made if isinstance(made, list) else [made]
    proofs = [verify_artefact(bundle, each, TEXTS, Listening()) for each in artefacts]
    write_card(bundle, tmp_path, form, artefacts, proofs)
    page = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert f"```python\n{asked[0]}```" in page.replace("PATH", str(tmp_path))


def test_texts_are_made_of_the_vocabulary_where_none_are_given(bundle):
    texts = bundle.samples()
    lengths = [len(ids) for ids in bundle.ids(texts)]
    assert min(lengths) == 0
    assert max(lengths) == bundle.max_length
    assert len({tuple(ids) for ids in bundle.ids(texts)}) > 15


def test_an_exporter_of_ones_own_is_proved_by_what_runs_its_artefact(bundle, tmp_path):
    @exporters.register("nested")
    def export_nested(bundle, folder):
        """A SavedModel in a folder of its own."""
        return export_savedmodel(bundle, folder / "inner")

    try:
        [made] = export_bundle(bundle, tmp_path / "out", ["nested"], TEXTS)
    finally:
        exporters._variants.pop("nested")
    assert made.path == tmp_path / "out" / "inner"
    assert made.proof.difference <= 1e-5


def test_a_kind_that_no_program_runs_is_refused_with_those_that_do_and_how_to_add_one():
    said = r"kind of artefact is called 'tfjs'.*Available: keras,.*Artefact\(kind=Program\("
    with pytest.raises(ExportError, match=said):
        FreshProcess("tfjs")


@pytest.fixture
def npz():
    """The exporter of a new kind that docs/export.md shows."""
    (code,) = [each for each in blocks(ROOT / "docs" / "export.md", "python") if "npz" in each]
    names = {"__name__": "docs"}
    exec(code, names)
    yield names
    exporters._variants.pop("npz")


@pytest.fixture
def averaging(vectorizer):
    return Bundle(vectorizer, classifier("mean", "none", classes=3), ["a", "b", "c"], 40)


def test_an_artefact_of_a_new_kind_is_proved_by_the_code_that_it_brings(npz, averaging, tmp_path):
    [made] = export_bundle(averaging, tmp_path / "out", ["npz"], TEXTS)
    assert made.proof.difference <= 1e-5
    page = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert f"```python\n{npz['USAGE'].strip()}\n```" in page


def test_a_new_kind_that_answers_wrongly_is_refused_and_nothing_is_written(averaging, tmp_path):
    @exporters.register("even")
    def export_even(bundle, folder):
        """Answers that all classes are equally likely."""
        (folder / "file").touch()
        usage = 'texts = ["a text"]\nprobabilities = [[1 / 3] * 3 for _ in texts]'
        return Artefact(Program("even", usage), folder / "file", tolerance=1e-5)

    try:
        with pytest.raises(ExportError, match="The even artefact differs from the model"):
            export_bundle(averaging, tmp_path / "out", ["even"], TEXTS)
    finally:
        exporters._variants.pop("even")
    assert not (tmp_path / "out").exists()


def test_the_code_of_a_new_kind_cannot_import_what_it_forbids():
    with FreshProcess(Program("bare", "", forbidden=("numpy", "attn_tuner"))) as process:
        for module in ("numpy", "attn_tuner"):
            request = {"code": f"import {module}\ntexts = []", "texts": []}
            assert f"import of {module} halted" in process.ask(request)["error"]


def test_a_new_kind_of_artefact_passes_from_a_process_on_tensorflow(tmp_path):
    for kind in ("onnx", Program("numpy", "texts = []", "numpy", ("keras",))):
        sent = Artefact(kind, tmp_path / "file", tolerance=1e-5, notes=("A note.",))
        assert artefact_of(json.loads(json.dumps(facts_of(sent)))) == sent
