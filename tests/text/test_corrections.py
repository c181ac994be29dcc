"""A filled-in table corrects the labels of the texts that it was made for, and of no others."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.text import load
from attn_tuner.text.corrections import cell

TEXTS = [f"text number {number}, {'good' if number % 2 else 'bad'}" for number in range(40)]
LABELS = ["yes" if number % 2 else "no" for number in range(40)]
FRAME = {"text": TEXTS, "label": LABELS}


def table(path, rows, columns=("part", "row", "text", "correct"), delimiter=","):
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([columns, *rows])
    return path


def labels_of(dataset):
    """The class of each row of the source."""
    found = {}
    for part in dataset.parts().values():
        for row, label in zip(part.rows.tolist(), part.labels.tolist(), strict=True):
            found[row] = dataset.classes[label]
    return [found[row] for row in range(len(found))]


def test_only_the_rows_that_are_filled_in_change(tmp_path):
    rows = [("train", 3, TEXTS[2], "yes"), ("train", 4, TEXTS[3], "")]
    dataset = load(FRAME, corrections=table(tmp_path / "labels.csv", rows))
    assert labels_of(dataset) == [*LABELS[:2], "yes", *LABELS[3:]]
    assert "1 labels were corrected by labels.csv." in dataset.notes
    assert dataset.fingerprint != load(FRAME).fingerprint


def test_the_table_may_come_back_from_a_spreadsheet(tmp_path):
    rows = [("train", 3, TEXTS[2].replace(" ", "\r\n"), " yes ")]
    saved = table(tmp_path / "labels.csv", rows, delimiter=";")
    assert labels_of(load(FRAME, corrections=saved))[2] == "yes"


def test_a_class_of_a_number_may_come_back_as_a_fraction(tmp_path):
    """As pandas and spreadsheets write a column of whole numbers with empty cells."""
    numbered = {"text": TEXTS, "label": [{"yes": 1, "no": 2}[label] for label in LABELS]}
    rows = [("train", 3, TEXTS[2], "1.0"), ("train", 4, TEXTS[3], "")]
    dataset = load(numbered, corrections=table(tmp_path / "labels.csv", rows))
    assert labels_of(dataset)[2] == "1"


def test_rows_are_counted_as_in_the_source_whatever_is_left_out(tmp_path):
    gaps = {"text": ["", *TEXTS], "label": ["no", *LABELS]}
    saved = table(tmp_path / "labels.csv", [("train", 4, TEXTS[2], "yes")])
    dataset = load(gaps, corrections=saved, drop_missing=True)
    corrected = {
        text: dataset.classes[label]
        for part in dataset.parts().values()
        for text, label in zip(part.texts, part.labels, strict=True)
    }
    assert corrected[TEXTS[2]] == "yes"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("train", 3, "another text", "yes")], "does not belong to .* as it is now: row 3 "),
        ([("train", 99, TEXTS[2], "yes")], "row 99 of its part 'train' has another text, or none"),
        ([("test", 3, TEXTS[2], "yes")], "row 3 of its part 'test'"),
        ([("train", 3, TEXTS[2], "yess")], "Did you mean 'yes'"),
        ([("train", "x", TEXTS[2], "yes")], "its text is in row 'x'"),
        ([("train", 0, TEXTS[2], "yes")], "a whole number from 1 up"),
        ([("train", 3, TEXTS[2], "yes"), ("train", 3, TEXTS[2], "no")], "corrects row 3 .* twice"),
        ([("train", 3, TEXTS[2], "  ")], "No label is corrected in .*: its column 'correct' is em"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_in_one_sentence(tmp_path, rows, said):
    with pytest.raises(DataError, match=said) as refusal:
        load(FRAME, corrections=table(tmp_path / "labels.csv", rows))
    assert "\n" not in str(refusal.value)


def test_another_table_and_data_with_numbers_are_refused(tmp_path):
    other = table(tmp_path / "other.csv", [("a", "b")], ("text", "label"))
    with pytest.raises(DataError, match="has no column 'part'"):
        load(FRAME, corrections=other)
    numbers = {"text": TEXTS, "label": [number + 0.5 for number in range(40)]}
    with pytest.raises(DataError, match="corrections is for data with one class per text"):
        load(numbers, corrections=other)


@given(st.text(max_size=60) | st.text("=+-@ a1'", max_size=8) | st.just("=a " * 900))
def test_a_cell_is_one_short_line_that_no_spreadsheet_runs_and_stays_as_it_is(text):
    shown = cell(text)
    assert len(shown.splitlines()) <= 1
    assert len(shown) <= 1_000
    assert cell(shown) == shown
    assert not shown.startswith(("=", "@"))


def test_every_part_knows_the_rows_of_its_texts():
    for part in load((TEXTS, LABELS)).parts().values():
        assert [TEXTS[row] for row in part.rows] == part.texts
