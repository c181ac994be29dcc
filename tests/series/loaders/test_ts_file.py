"""Files of the UCR and UEA archives are read, and a broken line is named."""

import gzip

import numpy as np
import pytest

from attn_tuner.errors import DataError
from attn_tuner.series.loaders import from_ts

CLASSES = "# Comment\n@problemName x\n@univariate false\n@classLabel true 1 2\n@data\n"


def written(folder, text, name="x.ts"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_features_lengths_missing_values_and_classes_are_read(tmp_path):
    read = from_ts(written(tmp_path, CLASSES + "1.0,2.0,?:5,6,7:1\n\n3:4:2\n"))
    assert read.labels == ["1", "2"]
    np.testing.assert_array_equal(read.series[0], [[1, 5], [2, 6], [np.nan, 7]])
    np.testing.assert_array_equal(read.series[1], [[3, 4]])


def test_a_number_may_be_the_label(tmp_path):
    text = "@targetLabel true\n@data\n1,2:0.5\n3,4:-1e3\n"
    assert from_ts(written(tmp_path, text)).labels == [0.5, -1000.0]


def test_series_may_have_no_label(tmp_path):
    read = from_ts(written(tmp_path, "@classLabel false\n@data\n1,2\n3,4\n"))
    assert read.labels is None
    assert len(read) == 2


def test_a_compressed_file_is_read(tmp_path):
    path = tmp_path / "x.ts.gz"
    path.write_bytes(gzip.compress((CLASSES + "1:2:1\n").encode()))
    assert from_ts(path).labels == ["1"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"x\.ts has no line @data\. It is empty, or not a \.ts file"),
        (CLASSES, r"x\.ts holds no series"),
        ("1,2,3\n", r"Line 1 of x\.ts comes before a line @data"),
        (CLASSES + "1,2:1,2,3:1\n", r"Line 6 of x\.ts has features of 2 to 3 steps"),
        (CLASSES + "1,two:1,2:1\n", r"Line 6 of x\.ts has the text 'two' among its numbers"),
        (CLASSES + "1,2:1,2:9\n", r"Line 6 of x\.ts ends in the class '9'.*classes 1, 2"),
        (CLASSES + "1,2\n", r"Line 6 of x\.ts ends in the class '1,2'"),
        ("@classLabel true\n@data\n1\n", r"Line 3 of x\.ts has no values"),
        ("@targetLabel true\n@data\n1:high\n", r"ends in 'high', which is no number"),
        ("@timeStamps true\n@data\n(0,1)\n", r"has a time for each value"),
        (CLASSES + "1:2:1\n1:1\n", r"Series 2 of x\.ts has 1 feature, and Series 1 of x\.ts has 2"),
        (CLASSES + "1,inf:2,3:1\n", r"Series 1 of x\.ts: 'feature_1' is infinite at step 2"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path, text, sentence):
    with pytest.raises(DataError, match=sentence):
        from_ts(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.ts cannot be read: No such file"):
        from_ts(tmp_path / "none.ts")
