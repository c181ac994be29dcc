"""Which rows an update reads, and as which classes."""

import pytest

from attn_tuner.errors import DataError
from attn_tuner.storage.plan import Plan
from attn_tuner.updating.new_rows import read_rows

PLAN = Plan("reviews.csv", "0" * 16, ("1", "2"), {}, label_column="stars")


def test_labels_are_classes_of_the_search_however_written_and_others_are_new():
    rows = {"text": ["a", "b", *"cdefg"], "stars": [1.0, 2.0, *[3.0] * 5]}
    found = read_rows(rows, PLAN)
    assert found.classes == ("1", "2", "3")
    assert found.new_classes == ("3",)
    assert found.split.labels.tolist() == [0, 1, *[2] * 5]


def test_rows_without_text_or_label_and_rare_labels_are_left_out_and_said():
    rows = {"text": ["a", "", "c", "d"], "stars": ["1", "1", None, "9"]}
    found = read_rows(rows, PLAN)
    assert found.split.texts == ["a"]
    assert found.new_classes == ()
    assert found.notes == (
        "2 rows without text or label were left out.",
        "1 rows were left out: their labels are no classes of the search and have fewer than 5 "
        "rows each: '9'.",
    )


def test_columns_may_be_named(tmp_path):
    rows = {"body": ["a"], "text": ["x"], "verdict": ["2"], "stars": ["1"]}
    found = read_rows(rows, PLAN, text="body", label="verdict")
    assert (found.split.texts, found.split.labels.tolist()) == (["a"], [1])


@pytest.mark.parametrize(
    ("stars", "said"),
    [
        ([None, ""], "None of the 2 rows of .* has a text and a label"),
        (["good", "bad"], "None of the 2 labelled rows of .* is of a class of the search"),
    ],
)
def test_rows_of_which_none_can_be_learnt_from_are_refused(stars, said):
    with pytest.raises(DataError, match=said):
        read_rows({"text": ["a", "b"], "stars": stars}, PLAN)
