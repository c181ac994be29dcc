"""`attn_tuner.update`, from a run folder and new rows to a run folder of its own."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli
from attn_tuner.errors import DataError, RunError
from attn_tuner.updating.update import UpdateRefused
from tests.support.colours import colours, exported_as, greys, in_this_process


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and "updates" not in path.parts
    }


def update(*given, **options):
    with in_this_process(), exported_as("keras"):
        return attn_tuner.update(*given, max_time="10m", **options)


@pytest.fixture(scope="module")
def searched(finished_folder, tmp_path_factory):
    """A copy of that folder: it is locked while it is read, and other workers share the first."""
    return shutil.copytree(finished_folder, tmp_path_factory.mktemp("searched") / "run")


@pytest.fixture(scope="module")
def before(searched):
    return files_of(searched)


@pytest.fixture(scope="module")
def updated(searched, before, tmp_path_factory):
    return update(searched, greys(), out=tmp_path_factory.mktemp("update") / "new")


def test_a_new_class_is_learnt_and_the_old_ones_are_kept(updated):
    assert updated.classes == ("cold", "warm", "grey")
    answers = updated.predict([*greys(40, seed=8)[0], *colours(40, seed=8)[0]])
    right = [*["grey"] * 40, *colours(40, seed=8)[1]]
    assert np.mean([each.label == label for each, label in zip(answers, right, strict=True)]) > 0.95
    assert updated.test_metrics["accuracy"] > 0.9


def test_the_run_is_left_as_it_was(searched, before, updated):
    assert files_of(searched) == before
    assert not (searched / "updates").exists()


def test_the_card_says_what_the_model_learnt_from(updated):
    card = (updated.directory / "best" / "README.md").read_text(encoding="utf-8")
    assert "## Learnt from" in card
    assert "| new_classes | grey |" in card
    learnt = updated.run.outcome["learnt_from"]
    assert learnt["rows"] + learnt["held_out"] == 80
    assert learnt["new_words"] == 1
    assert learnt["old_after"] >= learnt["old_before"] - 0.5
    assert learnt["taken_for_new"] < 5
    assert "new classes: 'grey'" in updated.summary()


def test_new_texts_are_compared_with_those_of_the_update(updated):
    texts = [*colours(120, seed=5)[0], *greys(40, seed=6)[0]]
    found = attn_tuner.monitor(updated.directory, texts)
    assert found.reference_texts == updated.bundle.card["data"]["validation"]
    assert found.accuracy.before > 90


def test_an_update_is_a_run_folder_with_a_report_and_can_be_updated(updated, tmp_path):
    assert "grey" in updated.report(tmp_path / "report.html").read_text(encoding="utf-8")
    again = update(updated.directory, greys(30, seed=12))
    assert again.directory == updated.directory / "updates" / "1"
    assert again.classes == updated.classes


def test_rows_that_contradict_the_search_are_refused_with_figures(finished_copy):
    texts, labels = colours(240, seed=7)
    swapped = [{"warm": "cold", "cold": "warm"}[name] for name in labels]
    with pytest.raises(UpdateRefused, match=r"Refused: \d+\.\d points would be lost .* 0.5 are"):
        update(finished_copy, (texts * 4, swapped * 4))
    assert not (finished_copy / "updates").exists()


def test_a_class_of_the_search_by_another_name_is_refused(finished_copy):
    texts, labels = colours(400, seed=7)
    red = [text for text, label in zip(texts, labels, strict=True) if label == "warm"]
    with pytest.raises(UpdateRefused, match=r"'warm'.* Nothing was written"):
        update(finished_copy, (red, ["Warm colours"] * len(red)), allow_loss=100)


def test_the_command_exits_with_2_where_rows_are_refused(finished_copy, tmp_path):
    table = tmp_path / "more.csv"
    table.write_text("text,label\na red box,\n,warm\n", encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["update", str(finished_copy), str(table)])
    assert done.exit_code == 2
    assert "None of the 2 rows of more.csv has a text and a label" in done.stderr
    known = json.loads((finished_copy / "data" / "validation.jsonl").read_text().splitlines()[0])
    table.write_text(f"text,label\n{known['text']},{known['label']}\n", encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["update", str(finished_copy), str(table)])
    assert done.exit_code == 2
    assert "No row is new. 1 rows were left out" in done.stderr


def test_a_folder_that_is_there_and_a_bound_that_is_none_are_refused(finished_copy, tmp_path):
    with pytest.raises(RunError, match="is there already"):
        attn_tuner.update(finished_copy, greys(), out=tmp_path)
    with pytest.raises(DataError, match="allow_loss is -1"):
        attn_tuner.update(finished_copy, greys(), allow_loss=-1)
    with pytest.raises(DataError, match="allow_taken is 101"):
        attn_tuner.update(finished_copy, greys(), allow_taken=101)
