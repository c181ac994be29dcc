"""A table with a row for each step becomes series, in order of their times."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.series.loaders import from_table

TABLE = {
    "id": ["a", "a", "b", "a", "b"],
    "time": [0, 5, 2, 1, 9],
    "pulse": [61, 63, 70, 62, 71],
    "pressure": [120.0, None, 130.0, 121.0, 131.0],
    "label": ["well", None, "ill", "well", "ill"],
}


def table(**changed):
    return {**TABLE, **changed}


def test_rows_become_series_in_order_of_their_times():
    read = from_table(table(), label="label")
    assert read.features == ("pulse", "pressure")
    assert read.labels == ["well", "ill"]
    np.testing.assert_array_equal(read.series[0], [[61, 120], [62, 121], [63, np.nan]])
    np.testing.assert_array_equal(read.series[1], [[70, 130], [71, 131]])
    assert "The rows of 1 of 2 series of the dict were not in the order" in read.notes[0]


def test_the_time_since_the_last_step_is_a_feature_and_the_last_time_divides():
    read = from_table(table(), label="label", elapsed=True, by_time=True)
    assert read.features[-1] == "time_since_last_step"
    np.testing.assert_array_equal(read.series[0][:, -1], [0, 1, 4])
    np.testing.assert_array_equal(read.series[1][:, -1], [0, 7])
    np.testing.assert_array_equal(read.times, [5.0, 9.0])


@given(st.permutations(range(8)))
def test_the_order_of_the_rows_changes_nothing_but_that_of_the_series(order):
    frame = pd.DataFrame(
        {"id": list("ababbaab"), "time": [3, 1, 2, 5, 0, 9, 1, 7], "x": np.arange(8.0)}
    )
    whole = from_table(frame)
    read = from_table(frame.iloc[list(order)])
    found = sorted(each.ravel().tolist() for each in read.series)
    assert found == sorted(each.ravel().tolist() for each in whole.series)


def test_dates_are_times_in_seconds():
    frame = pd.DataFrame(
        {
            "id": [1, 1, 1],
            "time": ["2024-05-01 12:00:30", "2024-05-01 12:00:00", "2024-05-02 12:00:30"],
            "x": [2.0, 1.0, 3.0],
        }
    )
    for column in (frame["time"], pd.to_datetime(frame["time"])):
        read = from_table(frame.assign(time=column), elapsed=True)
        np.testing.assert_array_equal(read.series[0], [[1, 0], [2, 30], [3, 86_400]])


def test_a_table_without_ids_and_times_is_one_series():
    read = from_table({"load": [1.0, 2.0, 4.0]}, id=None, time=None)
    np.testing.assert_array_equal(read.series[0][:, 0], [1, 2, 4])
    assert len(read) == 1


def test_empty_fields_leave_numbers_of_classes_whole():
    labels = from_table(table(label=[3, None, 1, 3, 1]), label="label").labels
    assert labels == [3, 1]
    assert {type(each) for each in labels} == {int}
    halves = from_table(table(label=[0.5, None, 1, 0.5, 1]), label="label").labels
    assert {type(each) for each in halves} == {float}


def test_a_group_stays_with_its_series():
    read = from_table(table(patient=[7, 7, 8, 7, 8]), label="label", group="patient")
    assert read.groups == ["7", "8"]
    assert read.features == ("pulse", "pressure")


@pytest.mark.parametrize("name", ["steps.csv", "steps.csv.gz", "steps.tsv", "steps.parquet"])
def test_files_hold_what_the_frame_holds(tmp_path, name):
    frame, path = pd.DataFrame(TABLE), tmp_path / name
    if name.endswith("parquet"):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if "tsv" in name else ",")
    read, wanted = from_table(path, label="label"), from_table(frame, label="label")
    assert read.labels == wanted.labels
    for found, each in zip(read.series, wanted.series, strict=True):
        np.testing.assert_array_equal(found, each)


def test_semicolons_may_divide_the_fields(tmp_path):
    path = tmp_path / "steps.csv"
    path.write_text("id;time;x\na;0;1.5\na;1;2.5\n", encoding="utf-8")
    np.testing.assert_array_equal(from_table(path).series[0][:, 0], [1.5, 2.5])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"time": [0, 1, 2, 1, 9]}, r"1 rows of the dict repeat.*rows 2 and 4 of series 'a'"),
        ({"time": [0, 1, None, 2, 9]}, r"Row 3 of the dict has no time in 'time'"),
        ({"time": ["noon", "1", "2", "3", "4"]}, r"Row 1 of the dict has the time 'noon'"),
        ({"time": [0, 1, np.inf, 2, 9]}, r"Row 3 of the dict has the time 'inf'"),
        ({"id": ["a", "a", None, "a", "b"]}, r"Row 3 of the dict has no 'id'"),
        ({"pulse": [1, "2", "fast", 3, 4]}, r"'pulse' of the dict has 'fast' in row 3"),
        ({"pulse": [1, 2, np.inf, 3, 4]}, r"Series 'b' of the dict: 'pulse' is infinite at step 1"),
        ({"pulse": [[1], 2, 3, 3, 4]}, r"'pulse' of the dict has '\[1\]' in row 1"),
        (
            {"label": ["well", "ill", "ill", "well", "ill"]},
            r"Series 'a' of the dict has the label 'well' in row 1 and 'ill' in row 2",
        ),
        ({"label": ["well", None, None, "well", None]}, r"Series 'b' of the dict has no label"),
        ({"pulse": [1, 2]}, r"columns of the dict have unlike lengths: id 5.*pulse 2"),
    ],
)
def test_what_no_model_can_read_is_refused_in_one_sentence(changed, sentence):
    with pytest.raises(DataError, match=sentence):
        from_table(table(**changed), label="label")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"id": "patient"}, r"has no column 'patient'.*Say id=, or id=None for a single series"),
        ({"time": "when"}, r"has no column 'when'.*Say time=, or time=None for rows in order"),
        ({"label": "class"}, r"has no column 'class'.*Say label=\."),
        ({"values": ["speed"]}, r"has no column 'speed'.*Say values=\."),
        ({"values": []}, r"has no column of values"),
        ({"time": None, "elapsed": True, "values": ["pulse"]}, r"need the times of the steps"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_those_that_are(options, sentence):
    with pytest.raises(DataError, match=sentence):
        from_table(table(), **options)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("x.csv", "", r"x\.csv is empty"),
        ("x.csv", "id,time,x\n", r"x\.csv has no rows"),
        ("x.csv", "id,time,x\na,0,1,2\n", r"more fields than its first line has names"),
        (
            "x.csv",
            "id,time,x\na,0,1\na,1,2,3\n",
            r"x\.csv is no table: Expected 3 fields in line 3",
        ),
        ("x.parquet", "PAR", r"x\.parquet is not a Parquet file that can be read"),
        ("x.xml", "<a/>", r"The format of x\.xml is not clear from its name"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, name, text, sentence):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=sentence):
        from_table(tmp_path / name)


def test_columns_of_one_name_and_what_is_no_table_are_refused():
    twice = pd.DataFrame([[1, 0, 2.0, 3.0]], columns=["id", "time", "x", "x"])
    with pytest.raises(DataError, match="The DataFrame has several columns called 'x'"):
        from_table(twice)
    with pytest.raises(DataError, match="cannot be read from a list"):
        from_table([1, 2])
