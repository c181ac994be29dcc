"""The files from which a model of series is asked: arrays, archives and tables."""

import numpy as np
import pytest

from attn_tuner.errors import DataError
from attn_tuner.series.series_file import read_series_file, read_series_table, series_path

TWO = ("heat", "pressure")


def written(path, content):
    path.write_text(content, encoding="utf-8")
    return path


def test_an_archive_has_one_series_a_line_and_its_labels_are_passed_over(tmp_path):
    path = written(tmp_path / "a.ts", "@classLabel true x y\n@data\n1,2,3:4,5,6:x\n7,8:9,?:y\n")
    given = read_series_file(path, TWO)
    assert given.names == ["1", "2"]
    np.testing.assert_array_equal(given.series[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(given.series[1], [[7, 9], [8, np.nan]])


@pytest.mark.parametrize(
    ("shape", "features", "made"),
    [
        ((3, 5, 2), TWO, (3, 5, 2)),
        ((5, 2), TWO, (1, 5, 2)),
        ((3, 5), ("heat",), (3, 5, 1)),
        ((5,), ("heat",), (1, 5, 1)),
    ],
    ids=["several", "one of two features", "several of one feature", "one of one feature"],
)
def test_an_array_is_one_series_or_several(tmp_path, shape, features, made):
    values = np.arange(np.prod(shape), dtype="float64").reshape(shape)
    np.save(tmp_path / "a.npy", values)
    given = read_series_file(tmp_path / "a.npy", features)
    assert np.shape(given.series) == made
    np.testing.assert_array_equal(np.ravel(given.series), values.ravel())


def test_a_table_has_a_row_a_step_and_its_ids_name_the_series(tmp_path):
    rows = "id,time,pressure,heat,state\nb,1,4,3,worn\na,0,8,7,good\nb,0,2,1,worn\n"
    given = read_series_file(written(tmp_path / "a.csv", rows), TWO)
    assert given.names == ["b", "a"]
    np.testing.assert_array_equal(given.series[0], [[1, 2], [3, 4]])  # By time, heat first.
    np.testing.assert_array_equal(given.series[1], [[7, 8]])
    assert "were not in the order of their times" in given.notes[0]


def test_a_table_without_ids_is_one_series_of_all_its_columns(tmp_path):
    given = read_series_file(written(tmp_path / "a.csv", "x;y\n1;2\n3;4\n"), TWO)
    assert given.names == ["1"]
    np.testing.assert_array_equal(given.series[0], [[1, 2], [3, 4]])


def test_a_table_with_some_of_the_features_alone_is_refused(tmp_path):
    rows = written(tmp_path / "a.csv", "pressure,flow\n1,2\n3,4\n")
    with pytest.raises(DataError, match=r"a\.csv has no 'heat'. The features are heat, pressure, "):
        read_series_file(rows, TWO)


def test_the_time_since_the_last_step_is_made_of_the_times(tmp_path):
    rows = written(tmp_path / "a.csv", "id,time,heat\na,7,3\na,2,1\n")
    given = read_series_file(rows, ("heat", "time_since_last_step"))
    np.testing.assert_array_equal(given.series[0], [[1, 0], [3, 5]])


def test_a_table_in_memory_is_read_as_a_file():
    columns = {"id": ["a", "b", "a"], "time": [1, 0, 0], "pressure": [4, 5, 6], "heat": [1, 2, 3]}
    given = read_series_table(columns, TWO)
    assert given.names == ["a", "b"]
    np.testing.assert_array_equal(given.series[0], [[3, 6], [1, 4]])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.npy", b"no array", r"a\.npy is no array of numbers that can be read"),
        ("a.npy", b"", r"a\.npy is no array of numbers that can be read"),
        ("a.csv", b"id,heat\na,warm\n", "The column 'heat' of a.csv has 'warm' in row 1"),
        ("a.ts", b"1,2,3\n", "Line 1 of a.ts comes before a line @data"),
        ("a.jpg", b"", r"a\.jpg is no file of series\. Give a file that ends in \.ts, \.npy"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_series_file(tmp_path / name, ("heat",))


def test_python_objects_in_an_array_are_not_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="is no array of numbers"):
        read_series_file(tmp_path / "a.npy", ("heat",))


@pytest.mark.parametrize(
    ("arguments", "column", "said"),
    [
        (None, None, "Series are read from one file, not from standard input; got 0 files"),
        (["a.ts", "b.ts"], None, "got 2 files"),
        (["a.ts"], ["review"], "--text names a column of texts"),
        (["a text"], None, "a text is no file of series"),
        (["nowhere.npy"], None, "The file nowhere.npy does not exist"),
    ],
)
def test_a_command_without_one_file_is_refused(arguments, column, said):
    with pytest.raises(DataError, match=said):
        series_path(arguments, column)
