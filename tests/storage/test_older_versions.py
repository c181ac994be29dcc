"""Run folders and exports that earlier versions wrote stay readable.

`tests/data/written_by_0_1.zip` holds a run folder of format 1, whose export averages a trial and
the linear model, and the same model as an export in the Keras format.
"""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import attn_tuner
from attn_tuner.errors import RunError
from attn_tuner.exporting import Bundle
from attn_tuner.storage.layout import (
    BUNDLE,
    BUNDLE_FACTS,
    DATA,
    FORMAT,
    PLAN,
    RECORD,
    VALIDATION_TEXTS,
    trial_dir,
)
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import recorded

OLD = Path(__file__).parent.parent / "data" / "written_by_0_1.zip"
# What 0.1 predicted for the first four validation texts.
PREDICTED = [
    [0.526366114616394, 0.47363391518592834],
    [0.5337098836898804, 0.46629008650779724],
    [0.6282462477684021, 0.3717537522315979],
    [0.6470487117767334, 0.352951318025589],
]


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    with zipfile.ZipFile(OLD) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def run(old):
    return attn_tuner.load(old / "run")


@pytest.fixture(scope="module")
def texts(old) -> list[str]:
    lines = (old / "run" / DATA / VALIDATION_TEXTS).read_text(encoding="utf-8").split("\n")
    return [json.loads(line)["text"] for line in lines[: len(PREDICTED)]]


def test_an_old_run_has_its_leaderboard(run):
    table = run.leaderboard().set_index("name")
    assert table.loc["ensemble of 2", "status"] == "exported"
    assert table.loc["ensemble of 2", "test_accuracy"] == 0.525
    assert table["val_accuracy"].to_dict() == {
        "ensemble of 2": 0.625,
        "linear": 0.625,
        "trial 0": 0.5625,
        "trial 1": 0.5,
        "majority class": 0.5,
    }
    assert len(run.front()) == 1


def test_an_old_run_says_how_it_ended(run):
    assert "2 trials in " in str(run)


def test_an_old_run_has_its_report(run, tmp_path):
    page = run.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "trial 1" in page


def test_an_old_run_predicts_what_it_predicted(run, texts):
    found = [list(each.probabilities.values()) for each in run.predict(texts)]
    np.testing.assert_allclose(found, PREDICTED, atol=1e-5)


def test_an_old_run_explains_its_predictions(run, texts):
    (explanation,) = run.explain(texts[:1])
    assert explanation.weights.sum() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("folder", ["archive", f"run/{BUNDLE}"])
def test_an_old_bundle_predicts_what_it_predicted(old, folder, texts):
    bundle = Bundle.load(old / folder)
    np.testing.assert_allclose(bundle.predict(texts), PREDICTED, atol=1e-5)


def test_an_old_bundle_written_again_predicts_the_same(old, texts, tmp_path):
    Bundle.load(old / "archive").save(tmp_path / "again")
    again = Bundle.load(tmp_path / "again")
    np.testing.assert_allclose(again.predict(texts), PREDICTED, atol=1e-5)


def test_the_modules_that_an_old_bundle_names_have_moved(old):
    """So the test of old bundles holds what it should."""
    modules = json.loads((old / "archive" / BUNDLE_FACTS).read_text())["modules"]
    assert {"attn_tuner.averaging", "attn_tuner.limits"} < set(modules)


def test_a_plan_without_a_format_has_the_first_and_is_written_with_the_latest(old, tmp_path):
    plan = Plan.load(old / "run")
    assert plan.format == 1
    plan.save(tmp_path)
    assert Plan.load(tmp_path).format == FORMAT


def test_a_folder_of_a_later_version_is_refused(old, tmp_path):
    table = json.loads((old / "run" / PLAN).read_text())
    (tmp_path / PLAN).write_text(json.dumps({**table, "format": FORMAT + 1, "what": "is new"}))
    with pytest.raises(RunError, match=f"has format {FORMAT + 1}, .* Update attn-tuner"):
        attn_tuner.load(tmp_path)


def test_records_are_read_by_their_old_keys_and_written_by_the_new(old, tmp_path):
    before = json.loads((trial_dir(old / "run", "0") / RECORD).read_text())
    record = recorded(old / "run")["0"]
    assert record.metrics == before["measures"]
    record.save(tmp_path)
    after = json.loads((tmp_path / RECORD).read_text())
    assert after["metrics"] == before["measures"]
    assert "measures" not in after
