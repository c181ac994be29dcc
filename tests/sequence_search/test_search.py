"""A search over pairs from lists to a SavedModel, its result and its second sitting."""

import json
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli
from attn_tuner.errors import (
    DamagedFile,
    DataError,
    ExportError,
    RunError,
    SpaceError,
    UnknownName,
)
from attn_tuner.sequence_search.finalize import is_whole
from attn_tuner.sequence_search.leaderboard import leaderboard
from attn_tuner.storage.layout import (
    BUNDLE,
    BUNDLE_MODEL,
    CARD_PAGE,
    EXPORT,
    OUTCOME,
    RUN_FOLDER,
    TRANSLATOR,
)
from tests.support.brief_pair_search import BRIEF, DATA
from tests.support.damage import changed_config


def test_the_control_is_searched_beside_the_attention(folder):
    result = attn_tuner.load(folder)
    table = result.leaderboard()
    assert set(table["attention"].dropna()) == {"additive", "none"}
    assert {"copy the source", "nearest training pair"} < set(table["name"])
    scores = table["val_token_accuracy"].dropna()
    assert (np.diff(scores) <= 0).all()
    winner = result.run.outcome["winner"]
    attention = table.set_index("name")["attention"][winner]
    assert (result.gain() is None) == (attention == "none")


def test_the_export_writes_what_the_result_predicts(folder):
    import tensorflow as tf

    result = attn_tuner.load(folder)
    texts = DATA[0][:3]
    served = tf.saved_model.load(str(folder / EXPORT)).signatures["serving_default"]
    written = [each.decode() for each in served(text=tf.constant(texts))["text"].numpy()]
    assert written == result.predict(texts)
    assert written == result.predict(pd.DataFrame({"source": texts, "n": 1}), text="source")
    with pytest.raises(DataError, match=r"predict\(\) takes texts; got 3 as number 1"):
        result.predict([3])
    outcome = json.loads((folder / OUTCOME).read_text(encoding="utf-8"))
    assert outcome["proved"] > 1
    assert outcome["difference"] < 1e-3


def test_the_same_call_again_changes_nothing_but_the_time(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "run")
    before = json.loads((copy / OUTCOME).read_text(encoding="utf-8"))
    attn_tuner.search(DATA, directory=copy, **BRIEF)
    after = json.loads((copy / OUTCOME).read_text(encoding="utf-8"))
    assert after["seconds"] > before["seconds"]
    assert {**after, "seconds": 0} == {**before, "seconds": 0}


@pytest.mark.parametrize("name", [BUNDLE_MODEL, TRANSLATOR])
def test_a_damaged_model_is_named_and_written_again_by_the_next_call(name, folder, tmp_path):
    assert is_whole(folder)
    run = shutil.copytree(folder, tmp_path / "run")
    file = run / BUNDLE / name
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(DamagedFile, match=name):
        attn_tuner.load(run).predict(["3 May 2021"])
    assert not is_whole(run)


def test_an_outcome_of_another_shape_counts_as_none(folder, tmp_path):
    run = shutil.copytree(folder, tmp_path / "run")
    assert attn_tuner.load(run).run.outcome
    found = json.loads((run / OUTCOME).read_text(encoding="utf-8"))
    for name in ("width", "by_length", "proved"):
        lacking = {key: value for key, value in found.items() if key != name}
        (run / OUTCOME).write_text(json.dumps(lacking), encoding="utf-8")
        assert "has not ended" in attn_tuner.load(run).summary()
        assert OUTCOME in attn_tuner.load(run).run.notes[0]


def test_an_export_replaces_an_export_and_nothing_else(folder, tmp_path):
    result = attn_tuner.load(folder)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("")
    for path in (tmp_path / "mine", tmp_path / "mine" / "letter.txt"):
        with pytest.raises(ExportError):
            result.export(path)
    for _ in range(2):
        written = result.export(tmp_path / "copy")
    assert repr(str(tmp_path / "copy")) in (written / CARD_PAGE).read_text(encoding="utf-8")
    made = CliRunner().invoke(
        cli.app, ["export", str(folder), str(tmp_path / "copy"), "--max-size-mb", "1"]
    )
    assert isinstance(made.exception, ExportError)


def test_a_run_is_exported_as_onnx_beside_the_saved_model(folder, tmp_path):
    pytest.importorskip("tf2onnx")
    out = tmp_path / "both"
    done = CliRunner().invoke(
        cli.app, ["export", str(folder), str(out), "--format", "onnx,savedmodel"]
    )
    assert done.exit_code == 0, done.exception
    assert {"encoder.onnx", "step.onnx", "translate.py"} < {
        p.name for p in (out / "onnx").iterdir()
    }
    assert (out / "savedmodel" / "saved_model.pb").exists()
    with pytest.raises(UnknownName, match="savedmodel"):
        attn_tuner.load(folder).export(tmp_path / "lite", "litert")


@pytest.mark.slow
def test_a_run_is_exported_as_a_keras_model_with_its_vocabularies(folder, tmp_path):
    result = attn_tuner.load(folder)
    out = result.export(tmp_path / "keras", "keras")
    assert "wrote the same texts with it" in (out / CARD_PAGE).read_text(encoding="utf-8")
    result.export(out, "keras")  # An export is replaced.


def test_other_pairs_and_another_split_are_refused_in_a_used_folder(folder):
    with pytest.raises(RunError, match="other data"):
        attn_tuner.search((DATA[0], DATA[1][::-1]), directory=folder, **BRIEF)
    with pytest.raises(RunError, match="split into characters, not words"):
        attn_tuner.search(DATA, directory=folder, split="word", **BRIEF)


def test_every_file_of_the_folder_is_listed(folder):
    names = {path.split("/")[-1] or path for path, _ in RUN_FOLDER.walk()}
    listed = {name for each in names for name in [each]}
    for path in folder.iterdir():
        known = path.name in listed or f"{path.name}/" in {p for p, _ in RUN_FOLDER.walk()}
        assert known or path.name.startswith(("trial_", "run.log", "search.toml")), path.name


def test_the_summary_says_what_attention_is_worth_and_what_it_writes(folder):
    said = attn_tuner.load(folder).summary()
    for label in ("Result", "Control", "Length", "Best", "Worst", "Export"):
        assert f"\n{label}" in f"\n{said}"
    assert "copy the source" in said


def test_a_notebook_shows_the_outcome_and_the_leaderboard(folder):
    shown = attn_tuner.load(folder)._repr_html_()
    assert "<strong>Control</strong>" in shown
    assert "nearest training pair</td>" in shown


def test_the_report_shows_alignments_as_tables(folder, tmp_path):
    page = attn_tuner.load(folder).report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count('<table class="alignment">') == 9
    assert "[END]" in page
    assert "<script" not in page


def test_the_command_predicts_pairs_and_refuses_what_they_do_not_have(folder, tmp_path):
    runner = CliRunner()
    done = runner.invoke(cli.app, ["predict", str(folder), "3 May 2021", "--json"])
    assert json.loads(done.stdout)["text"] == "3 May 2021"
    refused = runner.invoke(cli.app, ["explain", str(folder), "3 May 2021"])
    assert isinstance(refused.exception, RunError)
    done = runner.invoke(cli.app, ["export", str(folder), str(tmp_path / "other")])
    assert done.exit_code == 0
    assert (tmp_path / "other" / "saved_model.pb").exists()


@pytest.mark.parametrize("module", ["payload", "keras.utils", "os"])
def test_a_model_that_names_other_modules_is_not_loaded(folder, module, tmp_path, monkeypatch):
    run = shutil.copytree(folder, tmp_path / "run")
    (tmp_path / "payload.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))

    def change(config):
        config["module"], config["class_name"] = module, "get_file"
        config["registered_name"] = "get_file"

    changed_config(run / BUNDLE / BUNDLE_MODEL, change)
    with pytest.raises(RunError, match="A folder alone cannot make code run"):
        attn_tuner.load(run).translator  # noqa: B018
    assert "payload" not in sys.modules


def test_a_leaderboard_leaves_out_what_nobody_has(folder):
    table = leaderboard(attn_tuner.load(folder).run)
    assert not table.isna().all().any()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"repeats": 2}, SpaceError, "repeats does not apply"),
        ({"refit": True}, SpaceError, "refit does not apply"),
        ({"coverage": 0.9}, SpaceError, "coverage does not apply"),
        ({"known": 0.98}, SpaceError, "known does not apply"),
        ({"fidelity": "texts", "tuner": "hyperband"}, SpaceError, "fidelity does not apply"),
        ({"objective": "accuracy"}, UnknownName, "No objective of sequence"),
        ({"split": "letters"}, UnknownName, "No split is called 'letters'"),
        ({"space": {"head": ["mean"]}}, SpaceError, "head"),
    ],
)
def test_settings_that_pairs_do_not_have_are_refused_before_any_work(
    options, error, said, tmp_path
):
    with pytest.raises(error, match=said):
        attn_tuner.search(DATA, directory=tmp_path / "run", **{**BRIEF, **options})
    assert not (tmp_path / "run").exists()


def test_a_demo_of_pairs_has_no_other_task():
    with pytest.raises(DataError, match="its task is 'sequence'"):
        attn_tuner.search("dates-demo", task="regression")
