"""The table of answers holds what came, and the answers behind it."""

import csv
import json

import pandas as pd
import pytest

from attn_tuner.errors import DataError
from attn_tuner.exporting.prediction import Prediction
from attn_tuner.reporting.answer_table import (
    check_output_path,
    prediction_columns,
    write_predictions,
)
from attn_tuner.text.input_texts import InputTexts

TEXTS = ["one, two\nthree", "grün"]
GIVEN = InputTexts(TEXTS, {"id": [1, 2], "prediction": ["a", "b"], "text": TEXTS})
ADDED = {"prediction": ["warm", "cold"], "probability": [0.5, 0.75]}


def read(path):
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_dict("records")
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_answers_stand_behind_the_columns_that_came(tmp_path, ending):
    path = tmp_path / f"answers{ending}"
    write_predictions(path, GIVEN, ADDED)
    rows = read(path)
    assert list(rows[0]) == ["id", "prediction", "text", "prediction_2", "probability"]
    assert [row["text"] for row in rows] == TEXTS
    assert [row["prediction_2"] for row in rows] == ["warm", "cold"]
    assert [float(row["probability"]) for row in rows] == [0.5, 0.75]


def test_texts_without_a_table_get_one(tmp_path):
    write_predictions(tmp_path / "answers.csv", InputTexts(TEXTS), ADDED)
    assert list(read(tmp_path / "answers.csv")[0]) == ["text", "prediction", "probability"]


def test_a_file_that_cannot_be_written_is_refused_before_work(tmp_path):
    (tmp_path / "in.csv").write_text("text\na\n")
    for path, said in (
        (tmp_path / "out.xls", r"end in \.csv, \.tsv, \.jsonl, \.parquet"),
        (tmp_path / "none" / "out.csv", "does not exist"),
        (tmp_path / "in.csv", "would overwrite"),
    ):
        with pytest.raises(DataError, match=said):
            check_output_path(path, tmp_path / "in.csv")
    check_output_path(tmp_path / "out.csv", tmp_path / "in.csv")
    check_output_path(None)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("angry", ["angry, late", ""]),
        ("angry, very", ['["angry, very", "late"]', "[]"]),
    ],
)
def test_several_labels_in_a_cell_can_be_told_apart(name, cells):
    probabilities = {name: 0.9, "late": 0.8}
    both = Prediction("a", f"{name}, late", 0.9, probabilities, labels=(name, "late"))
    none = Prediction("b", "", 0.1, probabilities)
    assert prediction_columns([both, none])["prediction"] == cells
    sets = Prediction("a", name, 0.9, probabilities, set=(name, "late"))
    assert prediction_columns([sets])["set"] == cells[:1]
    assert prediction_columns([sets])["prediction"] == [name]
