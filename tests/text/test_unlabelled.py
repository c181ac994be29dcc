"""Texts without labels, from any source, and apart from what is measured on."""

import pandas as pd
import pytest

from attn_tuner.errors import DataError
from attn_tuner.text import Split, load
from attn_tuner.text.unlabelled import read_unlabelled, remove_held_out

TEXTS = ["a fine day", "rain again", 'he said "no", then left']


@pytest.fixture
def sources(tmp_path):
    """The same texts in every kind of source."""
    frame = pd.DataFrame({"text": TEXTS, "stars": [1, 2, 3]})
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join(TEXTS) + "\n\n", encoding="utf-8")
    frame.to_csv(tmp_path / "table.csv", index=False)
    frame.to_json(tmp_path / "table.jsonl", orient="records", lines=True)
    frame[["text"]].rename(columns={"text": "only"}).to_csv(tmp_path / "only.csv", index=False)
    files = [lines, tmp_path / "table.csv", str(tmp_path / "table.jsonl"), tmp_path / "only.csv"]
    return [TEXTS, tuple(TEXTS), pd.Series(TEXTS), frame, *files]


def test_every_source_gives_the_same_texts(sources):
    for source in sources:
        assert read_unlabelled(source) == TEXTS


def test_a_column_is_named_where_it_is_not_obvious(tmp_path):
    frame = pd.DataFrame({"one": TEXTS, "two": TEXTS})
    assert read_unlabelled(frame, text="two") == TEXTS
    with pytest.raises(DataError, match=r"Which column of .* holds the text is not obvious"):
        read_unlabelled(frame)
    with pytest.raises(DataError, match="column of the unlabelled DataFrame"):
        read_unlabelled(frame, text="three")


@pytest.mark.parametrize("source", [7, "absent.txt", "absent.csv", [1, 2]])
def test_what_holds_no_texts_is_refused(source):
    with pytest.raises(DataError):
        read_unlabelled(source)


def test_texts_that_are_measured_on_are_left_out():
    part = Split(["rain again"], [0])
    assert remove_held_out(TEXTS, [part]) == ([TEXTS[0], TEXTS[2]], 1)


def test_a_data_set_holds_the_unlabelled_texts_and_says_what_was_removed():
    texts, labels = [f"text {number}" for number in range(40)], [0, 1] * 20
    further = [*TEXTS, *texts]
    data = load((texts, labels), unlabelled=further)
    held = {*data.validation.texts, *data.test.texts}
    assert list(data.unlabelled) == [text for text in further if text not in held]
    assert f"{len(held)} unlabelled texts were removed" in " ".join(data.notes)
