"""Texts to be answered: what holds them is read, and what cannot be meant is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.text.input_texts import is_file_path, read_texts, texts_or_file
from attn_tuner.text.standard_input import read_piped

TEXTS = ["a red box", "the blue box, or\nanother", "grün"]
ROWS = [{"id": number, "text": text} for number, text in enumerate(TEXTS)]


def table(folder, ending):
    path = folder / f"reviews{ending}"
    frame = pd.DataFrame(ROWS)
    if ending == ".jsonl":
        path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    elif ending == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if ending == ".tsv" else ",", index=False)
    return path


def as_tf_data(texts):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(texts)


HOLDERS = {
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "array": np.array,
    "array of bytes": lambda texts: np.array([each.encode() for each in texts]),
    "column of an array": lambda texts: np.array(texts, object).reshape(-1, 1),
    "Series": pd.Series,
    "DataFrame": lambda texts: pd.DataFrame({"label": [0, 1, 1], "review": texts}),
    "DataFrame of one column": lambda texts: pd.DataFrame({"what": texts}),
    "mapping": lambda texts: {"number": range(3), "text": texts},
    "texts with labels": lambda texts: (texts, np.arange(3)),
    "Dataset": as_tf_data,
    "Dataset in batches": lambda texts: as_tf_data(texts).batch(2),
    "Dataset of pairs": lambda texts: as_tf_data((texts, [0, 1, 1])),
    "Dataset of rows": lambda texts: as_tf_data({"text": texts, "id": [0, 1, 2]}).batch(2),
    "tensor": lambda texts: pytest.importorskip("tensorflow").constant(texts),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_what_holds_texts_gives_each_of_them(name):
    assert read_texts(HOLDERS[name](TEXTS)).texts == TEXTS


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("as_a", [str, Path])
def test_a_table_gives_its_column_of_texts_and_keeps_the_others(tmp_path, ending, as_a):
    found = read_texts(as_a(table(tmp_path, ending)))
    assert found.texts == TEXTS
    assert list(map(int, found.columns["id"])) == [0, 1, 2]


def test_a_column_is_named_where_it_is_not_obvious():
    frame = pd.DataFrame({"de": TEXTS, "en": TEXTS[::-1]})
    assert read_texts(frame, "en").texts == TEXTS[::-1]
    with pytest.raises(DataError, match=r"not obvious\. Name it with text=\. Its columns: de, en"):
        read_texts(frame)


def test_a_text_file_has_a_text_in_each_line(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("one\ntwo, more\n", encoding="utf-8")
    assert read_texts(path).texts == ["one", "two, more"]


def test_a_string_or_bytes_alone_are_one_text():
    for one in ("a text", b"a text", {"text": "a text", "id": 3}):
        assert read_texts(one).texts == ["a text"]
    assert read_texts([]).texts == []
    assert read_texts(["reviews.csv", "12"]).texts == ["reviews.csv", "12"]


WRONG = {
    "a dict without texts": ({"id": [1, 2], "n": [3, 4]}, "not obvious"),
    "a frame of numbers": (pd.DataFrame({"text": [1, 2]}), "are numbers"),
    "a frame with a column twice": (
        pd.DataFrame([["a", "b"]], columns=["text", "text"]),
        "several columns called 'text'",
    ),
    "columns of two lengths": ({"text": ["a"], "id": [1, 2]}, "differ in length: text 1, id 2"),
    "a column beside a cell": ({"text": ["a"], "id": 1}, "'id' is a single value"),
    "a missing file": ("reviews.csv", "reviews.csv does not exist"),
    "a missing path": (Path("somewhere"), "somewhere does not exist"),
    "a number": (3, "takes texts; got 3"),
    "nothing": (None, "takes texts; got None"),
    "a number in a list": (["a", 3], "got 3 as number 2"),
    "a missing text": (["a", None], "got None as number 2"),
    "lists in a list": ([["a"], ["b"]], "number 1 is a list"),
    "rows in a list": ([{"text": "a"}], "number 1 is a dict"),
    "a matrix": (np.array([["a", "b"]]), r"one text a row; got an array of the shape \(1, 2\)"),
    "bytes of no UTF-8": ([b"\xff"], "not UTF-8"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant_is_refused_in_a_sentence(name):
    source, said = WRONG[name]
    with pytest.raises(DataError, match=said) as refusal:
        read_texts(source)
    assert "\n" not in str(refusal.value)


def test_a_dataset_without_texts_or_without_end_is_refused():
    with pytest.raises(DataError, match="should be strings"):
        read_texts(as_tf_data([1, 2]))
    with pytest.raises(DataError, match=r"is infinite. Take a part of it: dataset.take\(n\)"):
        read_texts(as_tf_data(TEXTS).repeat())


def test_a_source_that_never_ends_says_how_many_were_read(monkeypatch):
    monkeypatch.setattr("attn_tuner.text.input_texts.MAX_TEXTS", 1_000)
    with pytest.raises(DataError, match="more than 1,000 texts"):
        read_texts("a text" for _ in iter(int, 1))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@drawn(source=ANYTHING, text=st.none() | st.text(max_size=3))
def test_any_value_gives_texts_or_one_of_our_errors(source, text):
    try:
        found = read_texts(source, text).texts
    except DataError:
        return
    assert all(type(each) is str for each in found)


def test_several_arguments_are_texts_and_one_may_be_a_file(tmp_path):
    assert texts_or_file(["a text", "another"]) == ["a text", "another"]
    assert texts_or_file(["reviews.csv"]) == "reviews.csv"
    with pytest.raises(DataError, match=r"2 arguments were given, and 'reviews\.csv' is a file"):
        texts_or_file(["a text", "reviews.csv"])
    with pytest.raises(DataError, match="not a table"):
        texts_or_file(["a text"], "review")


@pytest.mark.parametrize("text", ["I opened reviews.csv", "e.g.", "a.b", "", "3.5", "Nice\n.csv"])
def test_what_reads_as_a_sentence_is_no_file(text):
    assert not is_file_path(text)


def test_piped_lines_are_texts_and_empty_ones_too():
    found, note = read_piped(b"a red box, or so\n\nthe blue box\r\n")
    assert found.texts == ["a red box, or so", "", "the blue box"]
    assert note == ""


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl"])
def test_a_piped_table_loses_its_header_and_keeps_texts_of_several_lines(tmp_path, ending):
    found, note = read_piped(table(tmp_path, ending).read_bytes())
    assert found.texts == TEXTS
    assert "read as a table with the columns id, text" in note


def test_a_piped_table_of_one_column_is_one():
    assert read_piped(b"text\none\ntwo\n")[0].texts == ["one", "two"]
    assert read_piped(b"text\n")[0].texts == ["text"]


def test_a_column_that_is_named_is_found_in_a_piped_table_or_missed_aloud():
    piped = b"was,wer\nein Satz,ich\n"
    assert read_piped(piped, "was")[0].texts == ["ein Satz"]
    with pytest.raises(DataError, match="should be a table with a column 'wo'"):
        read_piped(piped, "wo")


PAIRS = {"question": ["red?", "blue?"], "id": [1, 2], "answer": ["a box", " "], "text": ["x", "y"]}
JOINED = ["red? ¦ a box", "blue? ¦ "]


@pytest.mark.parametrize("holder", ["mapping", "DataFrame", "file", "Dataset", "pipe"])
def test_the_columns_that_the_search_was_given_are_joined_without_asking(holder, tmp_path):
    frame = pd.DataFrame(PAIRS)
    frame.to_csv(tmp_path / "pairs.csv", index=False)
    trained = ("question", "answer")
    if holder == "pipe":
        found = read_piped((tmp_path / "pairs.csv").read_bytes(), trained=trained)[0]
    else:
        source = {
            "mapping": PAIRS,
            "DataFrame": frame,
            "file": tmp_path / "pairs.csv",
            "Dataset": as_tf_data(PAIRS).batch(2) if holder == "Dataset" else None,
        }[holder]
        found = read_texts(source, trained=trained)
    assert found.texts == JOINED


def test_a_table_without_one_of_the_joined_columns_is_refused_and_text_decides():
    del (pairs := dict(PAIRS))["answer"]
    with pytest.raises(
        DataError,
        match=r"The mapping given to predict\(\) has no column 'answer'\. The model was trained on "
        r"the columns 'question', 'answer', joined\. .* Its columns: question, id, text\.",
    ):
        read_texts(pairs, trained=("question", "answer"))
    assert read_texts(pairs, "text", trained=("question", "answer")).texts == ["x", "y"]


def test_a_single_column_of_the_search_is_read_if_it_is_there():
    assert read_texts(PAIRS, trained=("question",)).texts == PAIRS["question"]
    assert read_texts(PAIRS, trained=("review",)).texts == PAIRS["text"]
    assert read_texts({"row": [{"body": "a"}], "x": [1]}, trained=("row.body",)).texts == ["a"]


def test_a_piped_table_is_known_by_the_columns_of_the_search():
    piped = b"was,wer\nein Satz,ich\n"
    assert read_piped(piped, trained=("was",))[0].texts == ["ein Satz"]
    assert read_piped(piped)[0].texts == ["was,wer", "ein Satz,ich"]


def test_piped_bytes_that_are_no_utf8_name_their_line():
    with pytest.raises(DataError, match="Line 2 of standard input is not UTF-8"):
        read_piped(b"one\n\xff\n")
