"""Which columns of a table are read, and what is said about the others."""

import pandas as pd
import pytest

from attn_tuner.errors import DataError
from attn_tuner.text import load
from attn_tuner.text.column_choice import is_id
from attn_tuner.text.input_texts import read_texts

TEXTS = [f"text number {number}" for number in range(60)]
FRAME = pd.DataFrame({"text": TEXTS, "label": ["x", "y", "z"] * 20})


def test_a_sentence_says_which_columns_were_read_and_which_were_not():
    data = load(FRAME.assign(id=range(60), date="today", n=1), weight="n")
    said = "Columns of the DataFrame: text 'text', label 'label', weight 'n'; not read: "
    assert data.notes[0] == f"{said}'id', 'date'."


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (FRAME.rename(columns={"label": "sentiment"}), "sentiment"),
        (FRAME.assign(toxic=[n % 2 for n in range(60)]), "label"),
        ((TEXTS, list(FRAME["label"])), ""),
    ],
    ids=["guessed", "one of several", "no table"],
)
def test_the_column_of_labels_is_remembered(source, name):
    assert load(source).label_column == name


def test_a_test_set_without_labels_is_called_one():
    with pytest.raises(DataError, match=r"test set without labels: its texts are in 'text', and"):
        load(pd.DataFrame({"id": range(60), "text": TEXTS}))
    with pytest.raises(DataError, match="other columns are 'PassengerId', 'index'"):
        load(pd.DataFrame({"PassengerId": range(60), "text": TEXTS, "index": range(60)}))
    with pytest.raises(DataError, match="other columns are none"):
        load(pd.DataFrame({"text": TEXTS}))


@pytest.mark.parametrize("name", ["id", "ID", "tweet_id", "textID", "Unnamed: 0", "", "uuid"])
def test_an_id_is_never_guessed_to_be_the_label(name):
    assert is_id(name)
    with pytest.raises(DataError, match="test set without labels"):
        load(pd.DataFrame({name: range(60), "text": TEXTS}))


@pytest.mark.parametrize("name", ["paid", "kind", "valid", "grid", "David", "arrow", "candid"])
def test_a_name_that_merely_ends_like_an_id_may_be_a_label(name):
    assert not is_id(name)


def test_several_label_columns_are_several_labels():
    frame = FRAME.assign(toxic=[n % 2 for n in range(60)], insult=["1.0", "0", "true"] * 20)
    data = load(frame, label=["toxic", "insult"])
    assert (data.task, data.classes) == ("multilabel", ("toxic", "insult"))
    rows = {
        text: labels.tolist()
        for part in data.parts().values()
        for text, labels in zip(part.texts, part.labels, strict=True)
    }
    assert [rows[text] for text in TEXTS[:3]] == [[0, 1], [1, 0], [0, 1]]
    with pytest.raises(DataError, match=r"Column 'label' of the DataFrame holds 'x'. Each of"):
        load(frame, label=["toxic", "label"])


def test_several_text_columns_are_joined_and_the_separator_is_said():
    frame = FRAME.assign(answer=["yes", None, " "] * 20)
    data = load(frame, text=["text", "answer"], label="label")
    texts = {text for part in data.parts().values() for text in part.texts}
    assert {"text number 0 ¦ yes", "text number 1 ¦ ", "text number 2 ¦ "} <= texts
    assert any("joined with '¦' between them" in note for note in data.notes)
    assert read_texts(frame[:1], ["text", "answer"]).texts == ["text number 0 ¦ yes"]


def test_the_separator_is_a_token_of_its_own():
    from attn_tuner.text import Vectorizer

    assert Vectorizer.build(["a ¦ b"]).tokens("is it? ¦ yes") == ["is", "it", "?", "¦", "yes"]


def test_a_split_column_divides_the_rows_and_is_said():
    split = ["train"] * 36 + ["dev"] * 12 + ["test"] * 12
    data = load(FRAME.assign(split=split))
    assert [len(part) for part in data.parts().values()] == [36, 12, 12]
    assert set(data.test.texts) == set(TEXTS[48:])
    assert data.notes[0].startswith("Column 'split' of the DataFrame divides its rows: train 36")
    odd = load(FRAME.assign(split=["a", "b"] * 30))
    assert "not read: 'split'" in odd.notes[0]


def test_rows_of_a_split_column_without_labels_are_further_texts():
    split = ["train"] * 50 + ["unlabelled"] * 10
    data = load(FRAME.assign(split=split))
    assert list(data.unlabelled) == TEXTS[50:]


def test_extra_columns_need_a_table_and_are_named_if_unknown():
    with pytest.raises(DataError, match="group= names a column, and the given texts has"):
        load((TEXTS, list(FRAME["label"])), group="patient")
    with pytest.raises(DataError, match="No column of the DataFrame is called 'wieght'"):
        load(FRAME.assign(weight=1), weight="wieght")
    other = FRAME[:6].assign(text=[f"other {n}" for n in range(6)])
    assert len(load(FRAME.assign(n=2), weight="n", test=other).test) == 6
