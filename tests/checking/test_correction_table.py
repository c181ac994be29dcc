"""The table of suspicious labels is filled in by hand, and a search takes it back."""

import csv

import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli, runtime
from attn_tuner.errors import DataError
from attn_tuner.settings.table import DATA, SETTINGS
from attn_tuner.text import load
from tests.support.labelled import labelled


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill_in(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_labels_that_are_corrected_as_suggested_are_right_again(tmp_path):
    texts, labels, wrong = labelled()
    source = tmp_path / "a.csv"
    fill_in(source, [{"text": t, "label": n} for t, n in zip(texts, labels, strict=True)])
    path = tmp_path / "labels.csv"
    done = CliRunner().invoke(cli.app, ["check", str(source), "--fix", str(path)])
    assert done.exit_code == 0, done.output
    assert "6 labels were written to" in done.stderr
    rows = read(path)
    assert list(rows[0]) == ["part", "row", "text", "label", "suggested", "probability", "correct"]
    with pytest.raises(DataError, match="No label is corrected"):
        load(str(source), corrections=path)
    for row in rows:
        row["correct"] = row["suggested"]
    fill_in(path, rows)
    again = attn_tuner.check(str(source), corrections=path)
    assert again.label_errors == ()
    assert f"{len(wrong)} labels were corrected by labels.csv." in again.notes


def test_a_cell_of_the_table_is_no_formula(tmp_path):
    texts, labels, wrong = labelled()
    texts[wrong[0]] = '=HYPERLINK("http://host") ' + texts[wrong[0]]
    check = attn_tuner.check({"text": texts, "label": labels})
    check.write_corrections(tmp_path / "labels.csv")
    assert not any(row["text"].startswith("=") for row in read(tmp_path / "labels.csv"))


def test_a_table_is_never_written_over_another_file(tmp_path):
    kept = tmp_path / "labels.csv"
    kept.write_text("by hand", encoding="utf-8")
    for path, said in (
        (kept, "exists, and labels may have been corrected"),
        (tmp_path / "labels.txt", r"is a \.csv file"),
        (tmp_path / "none" / "labels.csv", "folder that does not exist"),
    ):
        done = CliRunner().invoke(cli.app, ["check", "missing.csv", "--fix", str(path)])
        with pytest.raises(DataError, match=said):
            raise done.exception
    assert kept.read_text(encoding="utf-8") == "by hand"


def test_a_search_of_a_data_set_that_has_been_read_takes_no_corrections():
    texts, labels, _ = labelled()
    options = {each.name: each.default for each in SETTINGS} | {"corrections": "labels.csv"}
    with pytest.raises(DataError, match="a TextDataset has been read"):
        runtime.read_data({**options, DATA.name: load((texts, labels))})
