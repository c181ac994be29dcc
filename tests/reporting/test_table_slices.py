"""Validation texts grouped by columns of the table that they came from."""

import csv

import numpy as np
import pytest

from attn_tuner.errors import DataError
from attn_tuner.reporting.table_slices import Slices, sliced
from attn_tuner.storage.run import Run
from tests.support import sentiment

TEXTS = [f"a film, number {number}" for number in range(60)]


@pytest.fixture
def run(tmp_path):
    return sentiment.make_run(tmp_path / "run", trials=1)


def rows(**columns):
    return {"text": [*TEXTS, TEXTS[0]], **columns}


def test_each_value_of_enough_texts_is_a_group(run):
    source = [*["web"] * 25, *["post"] * 30, *["rare"] * 5, "other"]
    found = sliced(Run.read(run), TEXTS, Slices(("source",), rows(source=source)))
    assert list(found) == ["texts with source = post", "texts with source = web"]
    assert found["texts with source = web"].tolist() == [True] * 25 + [False] * 35


def test_texts_that_are_not_in_the_table_and_empty_cells_are_in_no_group(run):
    table = rows(stars=[*[5] * 30, *[None] * 31])
    found = sliced(Run.read(run), [*TEXTS, "another"], Slices(("stars",), table))
    (members,) = found.values()
    assert np.flatnonzero(members).tolist() == list(range(30))


def test_the_table_of_the_search_is_read_again(run, tmp_path):
    with open(tmp_path / "films.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "source"], *([text, "web"] for text in TEXTS)])
    sentiment.change_plan(run, asked={"data": str(tmp_path / "films.csv")})
    assert list(sliced(Run.read(run), TEXTS, Slices(("source",)))) == ["texts with source = web"]


def test_tables_and_columns_that_are_not_there_are_named(run):
    found = Run.read(run)
    with pytest.raises(DataError, match="was not given a table that can be read again"):
        sliced(found, TEXTS, Slices(("source",)))
    with pytest.raises(DataError, match="sorce"):
        sliced(found, TEXTS, Slices(("sorce",), rows(source=["web"] * 61)))
    with pytest.raises(DataError, match="none of the validation texts"):
        sliced(found, ["another"], Slices(("source",), rows(source=["web"] * 61)))
    assert sliced(found, TEXTS, Slices()) == {}
