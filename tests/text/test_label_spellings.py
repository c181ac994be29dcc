"""Labels that are written differently and mean one class."""

import pytest

from attn_tuner.text import load
from attn_tuner.text.label_spellings import merge_spellings

TEXTS = [f"text number {index}" for index in range(60)]


def classes_of(*labels, **given):
    return load((TEXTS, list(labels) * (60 // len(labels))), **given).classes


@pytest.mark.parametrize(
    "labels",
    [
        ("caf\u00e9", "cafe\u0301", "tea"),
        ("caf\u00e9", "caf\u00e9\u200b", "\ufeffcaf\u00e9", "tea"),
        ("caf\u00e9", " caf\u00e9", "caf\u00e9\u00a0", "caf\u00e9\n", "tea"),
        ("caf\u00e9", "caf\u00e9", "\uff43af\u00e9", "tea"),
    ],
    ids=["composed", "zero width", "space", "full width"],
)
def test_what_looks_the_same_is_one_class(labels):
    assert classes_of(*labels) == ("caf\u00e9", "tea")


def test_a_line_break_in_a_label_becomes_a_space():
    assert classes_of("very\ngood", "very good", "bad") == ("bad", "very good")


def test_what_differs_in_case_is_kept_apart_and_said():
    data = load((TEXTS, ["Pos", "pos", "neg"] * 20))
    assert data.classes == ("Pos", "neg", "pos")
    said = "Labels that differ only in case were kept as separate classes: 'Pos' and 'pos'"
    assert any(said in note for note in data.notes)


@pytest.mark.parametrize(
    ("train", "other"),
    [
        ([1, 2], [1.0, 2.0]),
        (["1", "2"], [1.0, 2.0]),
        (["1.0", "2.0"], [1, 2]),
        (["1.0", "2"], ["1", "2.00"]),
        ([1.0, 2.0], ["1", "2"]),
    ],
)
def test_one_and_one_point_nought_are_the_same_label(train, other):
    data = load((TEXTS, train * 30), validation=(["a", "b"], other), test=(["c", "d"], other))
    assert data.classes == ("1", "2")
    assert data.validation.labels.tolist() == data.test.labels.tolist() == [0, 1]


def test_versions_keep_their_names():
    assert classes_of("v1.0", "v1", "v2") == ("v1", "v1.0", "v2")
    assert classes_of("1.0", "1.1", "2.0", task="multiclass") == ("1.0", "1.1", "2.0")


def test_names_that_were_joined_are_said_and_the_more_frequent_one_stays():
    called, notes = merge_spellings({"fi": 1, "\ufb01": 3})
    assert called == {"fi": "\ufb01", "\ufb01": "\ufb01"}
    assert "were merged" in notes[0]
    called, _ = merge_spellings({"fi": 1, "\ufb01": 3}, known=("fi",))
    assert called["\ufb01"] == "fi"
