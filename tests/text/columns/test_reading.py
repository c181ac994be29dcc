"""Columns beside texts, out of a table for a search, and out of what a model is given."""

import pandas as pd
import pytest

from attn_tuner.errors import DataError
from attn_tuner.runtime import read_data
from attn_tuner.settings.table import SETTINGS, check_options
from attn_tuner.text import load
from attn_tuner.text.columns.encoder import CategoricalColumn, ColumnEncoder, NumericColumn
from attn_tuner.text.columns.reading import read_rows
from tests.support.rows import FEATURES, table

ENCODER = ColumnEncoder((NumericColumn("price", 9.0, 2.0), CategoricalColumn("country", ("UK",))))
DEFAULTS = {each.name: each.default for each in SETTINGS}


def read(data=None, features=FEATURES, **options):
    data = table() if data is None else data
    return load(data, text="review", label="label", features=features, **options)


def asked(**options):
    """What a search reads of the table."""
    given = {"data": table(), **DEFAULTS, "text": "review", "label": "label"}
    return read_data(check_options({**given, "features": FEATURES, **options}))


def test_each_part_has_the_rows_of_its_texts():
    frame = table()
    found = read(frame)
    assert found.input == "columns"
    by_text = frame.set_index("review")
    for part in found.parts().values():
        assert [row["country"] for row in part.columns] == [by_text.country[t] for t in part.texts]
        assert part.inputs[0] == {"text": part.texts[0], **part.columns[0]}
        assert part.take([1]).columns == [part.columns[1]]


def test_the_notes_say_what_each_column_is():
    said = " ".join(read().notes)
    assert "'price' is a number (mean" in said
    assert "'country' has 3 values:" in said
    assert "feature 'price', feature 'country'" in said


def test_a_file_is_read_as_the_frame_is(tmp_path):
    frame = table()
    frame.to_csv(tmp_path / "t.csv", index=False)
    read_again = read(tmp_path / "t.csv")
    one, other = read(frame).train.columns, read_again.train.columns
    assert ColumnEncoder.fit(one, FEATURES, "a").names == tuple(FEATURES)
    for mine, theirs in zip(
        ColumnEncoder.fit(one, FEATURES, "a").columns,
        ColumnEncoder.fit(other, FEATURES, "a").columns,
        strict=True,
    ):
        assert mine.sentence == theirs.sentence


def test_columns_are_part_of_the_fingerprint():
    frame = table()
    changed = frame.assign(country=frame.country.replace("here", "elsewhere"))
    assert read(frame).fingerprint != read(changed).fingerprint
    assert read(frame).fingerprint != read(frame, features=None).fingerprint


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        (["prices"], "Did you mean 'price'"),
        (["label"], "Column 'label' of the DataFrame is the label"),
        (["review"], "Column 'review' of the DataFrame is the text"),
    ],
)
def test_a_column_that_is_not_there_or_read_already_is_refused(features, sentence):
    with pytest.raises(DataError, match=sentence):
        read(features=features)


def test_a_column_may_not_have_the_name_that_texts_have_in_a_model():
    with pytest.raises(DataError, match="Rename that column"):
        read(table().rename(columns={"price": "text"}), features=["text"])


def test_texts_without_a_table_have_no_columns():
    with pytest.raises(DataError, match="features= names columns, and there are none in the given"):
        load((["a", "b"] * 9, ["x", "y"] * 9), features=["price"])
    with pytest.raises(DataError, match="there are none in"):
        read(validation=(["a red", "a blue"], ["warm", "cold"]))


def test_a_part_without_the_column_is_refused():
    with pytest.raises(DataError, match="country"):
        read(validation=table(60, seed=5).drop(columns="country"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"pretrain": 0.2}, "pretrain= does not work with features= yet"),
        ({"max_size_mb": 1.0}, "max_parameters"),
        ({"faithful": 0.2}, "faithful="),
        ({"objective": "faithful accuracy"}, "Give objective='accuracy'"),
    ],
)
def test_settings_of_texts_alone_are_refused(options, sentence):
    with pytest.raises(DataError, match=sentence):
        asked(**options)


def test_a_data_set_that_was_read_brings_its_columns():
    assert read_data({**DEFAULTS, "data": read()}).input == "columns"
    with pytest.raises(DataError, match=r"features= to attn_tuner.text.load"):
        asked(data=read())
    with pytest.raises(DataError, match="pretrain="):
        read_data({**DEFAULTS, "data": read(), "pretrain": 0.5})


ROW = {"text": "a film", "price": 9.5, "country": "UK"}
COLUMNS = {name: [value] for name, value in ROW.items()}


@pytest.mark.parametrize("given", [ROW, [ROW], COLUMNS, pd.DataFrame(COLUMNS)])
def test_rows_come_in_many_forms(given):
    assert read_rows(given, ENCODER, None, "predict()", ()) == [ROW]


def test_the_text_may_have_the_name_that_it_had_in_the_search():
    frame = pd.DataFrame(
        {"review": ["a film"], "note": ["x"], "price": ["9.5"], "country": [" UK"]}
    )
    assert read_rows(frame, ENCODER, None, "predict()", ("review",)) == [ROW]
    assert read_rows(frame, ENCODER, "note", "predict()", ("review",))[0]["text"] == "x"


def test_rows_that_were_read_are_read_again_alike():
    rows = read_rows([{**ROW, "text": "10"}, {**ROW, "price": None}], ENCODER, None, "it", ())
    assert [row["text"] for row in rows] == ["10", ROW["text"]]
    for given in (rows, rows[:1], rows[0]):  # A text may be a number, also the only one.
        wanted = given if isinstance(given, list) else [given]
        assert read_rows(given, ENCODER, None, "it", ()) == wanted


def test_missing_values_are_read():
    given = {**ROW, "price": None, "country": None}
    assert read_rows(given, ENCODER, None, "predict()", ()) == [
        {**ROW, "price": None, "country": ""}
    ]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("a film", "texts alone, and the model reads the columns 'price', 'country'"),
        (["a film", "b"], "Give a DataFrame"),
        ({"text": ["a"], "prize": [1], "country": ["UK"]}, "Did you mean 'price'|No column"),
        ([ROW, {"text": "b", "price": 3}], "Row 2 given to predict"),
        ({**ROW, "price": "cheap"}, "holds 'cheap' in row 1"),
        ({**ROW, "price": float("inf")}, "holds inf in row 1"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(given, sentence):
    with pytest.raises(DataError, match=sentence):
        read_rows(given, ENCODER, None, "predict()", ())


def test_no_rows_are_no_rows():
    assert read_rows([], ENCODER, None, "predict()", ()) == []
