"""Of a damaged run folder what can be made again goes, and readers say what is wrong."""

import contextlib
import json
import shutil

import numpy as np
import pytest

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.exporting.artefact_folder import MADE_BY, check_export
from attn_tuner.finalizing.repair import mended
from attn_tuner.monitoring.status import search_status
from attn_tuner.search_result import SearchResult
from attn_tuner.storage.checked_files import digest_of, sealed
from attn_tuner.storage.checkpoints import save_probabilities, save_weights
from attn_tuner.storage.layout import CARD
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.storage.validation_data import Validation
from attn_tuner.tuning.budget import clock_of
from tests.support import sentiment
from tests.support.damage import DAMAGES, copies, damage

LOST = ("plan.json", "record.json")  # Nothing can make them again.
IN_CLEAR = ("validation.jsonl", "validation_labels.npy")  # Compared with the texts when encoded.


def tiny_run(folder):
    """A finished run with all that is derived in it, and no search."""
    sentiment.make_run(folder, trials=3, texts=24)
    shutil.rmtree(folder / "data" / "train")  # Encoded texts are checked when they are opened.
    (folder / "data" / "vectorizer.json").unlink()
    labels = np.load(folder / "data" / "validation_labels.npy")
    answers = np.full((len(labels), 2), 0.5, "float32")
    sealed(np.save, folder / "linear_validation.npy", answers)
    np.savez(folder / "linear.npz", weights=np.ones(4), words=np.array(9))
    sealed(np.save, folder / "data" / "vectors-0.npy", np.ones((9, 4), "float32"))
    (folder / "data" / "validation").mkdir()
    (folder / "clock.json").write_text(json.dumps({"spent": 61.5, "costs": {"trial": [3.0]}}))
    (folder / "tuner0.json").write_text("{}")
    save_probabilities(answers, folder)
    save_weights(sentiment.sentiment_model(), folder / "trial_00")
    export = folder / "best"
    (export / "variables").mkdir(parents=True)
    names = ("saved_model.pb", "variables/variables.index")
    for name in names:
        (export / name).write_bytes(b"0123456789" * 9)
    card = {
        "made_by": MADE_BY,
        "files": dict.fromkeys(names, 90),
        "digests": {name: digest_of(export / name) for name in names},
    }
    (export / CARD).write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return tiny_run(tmp_path_factory.mktemp("mending") / "run")


@pytest.fixture
def run(run_folder, tmp_path):
    return shutil.copytree(run_folder, tmp_path / "run")


def test_nothing_is_said_of_a_whole_run(run):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert mended(run) == []
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_every_damaged_file_is_taken_out_or_named(run_folder, tmp_path):
    for run, file, kind in copies(run_folder, tmp_path / "copy"):
        unseen = kind == "gone" or (file.name, kind) == ("tuner0.json", "object")
        if unseen or file.name in IN_CLEAR:
            continue
        if file.name in LOST:
            with pytest.raises(DamagedFile, match=file.name):
                mended(run)
            continue
        said = mended(run)
        assert len(said) == 1, (file, kind, said)
        assert file.name in said[0], (file, kind, said)
        again = [sentence for sentence in mended(run) if "clock.json" not in sentence]
        assert again == [], (file, kind)


def test_every_reader_gives_an_answer_or_one_sentence(run_folder, tmp_path):
    for run, file, _ in copies(run_folder, tmp_path / "copy"):
        for read in (
            lambda run: str(SearchResult(run)),
            lambda run: Validation.read(Run.read(run)).exported(),
            lambda run: SearchResult(run).verdict(),
            search_status,
            lambda run: clock_of(run, 60.0, 1.0).elapsed(),
        ):
            with contextlib.suppress(*([RunError] if file.name in LOST else [])):
                read(run)


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("name", ["model.keras", "bundle.json"])
def test_predict_and_report_say_that_the_model_is_damaged(name, kind, run):
    damage(run / "model" / name, kind)
    with pytest.raises(DamagedFile, match=f"{name} .* call the search on its folder again"):
        SearchResult(run).predict(["a good film"])


def test_predict_says_that_the_whole_model_is_missing(run):
    for path in (run / "model").iterdir():
        path.unlink()
    (run / "model").rmdir()
    with pytest.raises(DamagedFile, match=r"model is missing\. Run the same search"):
        SearchResult(run).predict(["a good film"])


@pytest.mark.parametrize("name", ["baselines.json", "outcome.json"])
def test_what_is_left_out_is_said(name, run):
    damage(run / name, "half")
    (note,) = Run.read(run).notes
    assert name in note
    assert name in str(SearchResult(run))


def test_a_report_is_written_without_what_is_damaged(run):
    damage(run / "model" / "model.keras", "half")
    damage(run / "baselines.json", "list")
    page = SearchResult(run).report().read_text(encoding="utf-8")
    assert "model.keras does not hold what it should" in page
    assert "baselines.json does not hold what it should" in page


def test_a_lost_clock_is_read_from_the_trials(run):
    damage(run / "clock.json", "gone")
    assert 30.0 <= clock_of(run, 60.0, 0.0).elapsed() < 31.0
    assert "30s, when the last trial ended" in mended(run)[0]


@pytest.mark.parametrize("trial_id", ["../../victim", "..", "", "01", "00/../01", "/tmp/victim"])
def test_a_record_names_its_own_folder_and_no_other(trial_id, run):
    path = run / "trial_00" / "record.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "trial_id": trial_id}))
    with pytest.raises(DamagedFile, match="trial_id"):
        Run.read(run)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "done"},
        {"metrics": {"accuracy": "high"}},
        {"metrics": {}},
        {"history": [1]},
        {"values": []},
        {"seconds": None},
        {"no_such_field": 1},
    ],
)
def test_a_record_of_another_shape_is_named(changes, run):
    path = run / "trial_00" / "record.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(DamagedFile, match="delete this file"):
        TrialRecord.load(path.parent)


@pytest.mark.parametrize(
    "changes",
    [
        {"winner": "../../victim"},
        {"members": {"../x": 1.0}},
        {"members": {"00": 0.5, "01": 0.5}},
        {"logarithms": "yes"},
        {"test": {"f1_macro": 1}},
        {"calibration": {"temperature": "hot"}},
        {"remarks": "none"},
        {"conformal": {"coverage": 0.9}},
        {"conformal": {"coverage": 0.9, "at": [0.1] * 9}},
        {"known": {"kept": 0.98, "entropy": None}},
    ],
)
def test_an_outcome_of_another_shape_counts_as_none(changes, run):
    path = run / "outcome.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    read = Run.read(run)
    assert read.outcome == {}
    assert "outcome.json" in read.notes[0]


def test_the_export_is_looked_for_in_the_run_folder_wherever_the_outcome_says_it_is(run):
    path = run / "outcome.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "export": '/etc") # '}))
    assert Run.read(run).export == run / "best"
    assert "/etc" not in SearchResult(run).report().read_text(encoding="utf-8")


def test_a_folder_that_no_export_made_is_left_alone(run):
    (run / "best" / CARD).unlink()
    (run / "best" / "thesis.txt").write_text("mine")
    assert mended(run) == []
    assert (run / "best" / "thesis.txt").read_text() == "mine"


def test_an_export_knows_its_own_files(run):
    check_export(run / "best")
    damage(run / "best" / "saved_model.pb", "flipped")
    with pytest.raises(DamagedFile, match=r"saved_model\.pb .*changed since it was exported"):
        check_export(run / "best")
