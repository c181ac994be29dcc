"""`attn-tuner check`: what it prints, as text and as JSON."""

import csv
import json

from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli
from tests.support.labelled import labelled


def write(path, texts, labels):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *zip(texts, labels, strict=True)])
    return str(path)


def test_the_command_says_which_labels_contradict_their_texts(tmp_path):
    texts, labels, wrong = labelled()
    done = CliRunner().invoke(cli.app, ["check", write(tmp_path / "a.csv", texts, labels)])
    assert done.exit_code == 0, done.output
    assert "Data    a.csv: 120 texts (train " in done.stdout
    assert "Labels  6 of 120 (5.0%) contradict their texts" in done.stdout
    for row in wrong:
        assert f"row {row + 1}: given '{labels[row]}', rather " in done.stdout


def test_the_command_prints_a_line_of_json_for_each_finding(tmp_path):
    texts, labels, wrong = labelled()
    data = write(tmp_path / "a.csv", texts, labels)
    done = CliRunner().invoke(cli.app, ["check", data, "--json"])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows[0]["finding"] == "summary"
    assert rows[0]["judged"] == 120
    marked = [each["place"]["row"] - 1 for each in rows if each["finding"] == "label"]
    assert sorted(marked) == wrong


def test_no_more_findings_are_printed_than_asked_for(tmp_path):
    texts, labels, _ = labelled()
    data = write(tmp_path / "a.csv", texts, labels)
    done = CliRunner().invoke(cli.app, ["check", data, "--show", "2"])
    assert done.stdout.count("rather") == 2
    assert "and 4 more" in done.stdout


def test_what_a_text_holds_runs_neither_in_a_terminal_nor_in_a_notebook():
    texts, labels, wrong = labelled()
    texts[wrong[0]] += "\x1b[2J\u202e\nLabels  none<script>alert(1)</script>"
    check = attn_tuner.check({"text": texts, "label": labels})
    assert "\x1b" not in check.summary()
    assert "\u202e" not in check.summary()
    assert sum(line.startswith("Labels") for line in check.summary().splitlines()) == 1
    assert "<script>" not in check._repr_html_()
