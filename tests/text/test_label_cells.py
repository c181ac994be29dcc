"""Lists of labels in a cell of a table."""

import json

import pytest

from attn_tuner.errors import DataError
from attn_tuner.text import load
from attn_tuner.text.label_cells import parse_list
from attn_tuner.text.labels import guess_task


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("['a', 'b']", ["a", "b"]),
        ('["a", "b"]', ["a", "b"]),
        ("('a', 'b')", ["a", "b"]),
        ("[1, 2]", [1, 2]),
        ("[]", []),
        (" ['it\\'s'] ", ["it's"]),
        ("a|b", None),
        ("music [live]", None),
        ("[live] music", None),
        ("(other)", None),
        ("", None),
    ],
)
def test_a_list_in_a_cell_is_read_and_a_name_is_left(cell, names):
    assert parse_list(cell, "a.csv") == names


@pytest.mark.parametrize(
    "cell",
    ["['a', 'b", "a']", "['a' 'b']", "[a, b]", "[['a']]", "{'a': 1}", "[" * 9_000 + "]" * 9_000]
    + ["[1" + "0" * 5_000 + "]", "[None]", "[__import__('os')]"],
)
def test_half_a_list_is_refused(cell):
    with pytest.raises(DataError, match=r"of a\.csv are not a valid list"):
        parse_list(cell, "a.csv")


@pytest.mark.parametrize("write", [repr, json.dumps])
@pytest.mark.parametrize("task", ["multilabel", None])
def test_a_column_of_lists_becomes_labels(tmp_path, write, task):
    sets = [["a", "b"], ["b"], []]
    path = tmp_path / "lists.jsonl"
    lines = [{"text": f"text {n}", "label": write(sets[n % 3])} for n in range(60)]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    data = load(path, task=task)
    assert (data.task, data.classes) == ("multilabel", ("a", "b"))
    for part in data.parts().values():
        for text, row in zip(part.texts, part.labels.tolist(), strict=True):
            assert [n for n, on in zip("ab", row, strict=True) if on] == sets[int(text[5:]) % 3]


def test_names_in_brackets_are_no_lists():
    assert guess_task(["[sport]", "[news]"]) is None
    assert guess_task(["(very good)", "(bad)"]) is None
