"""What is odd in series is said, and what no model reads is refused, by every loader."""

import numpy as np
import pandas as pd
import pytest

from attn_tuner.errors import DataError
from attn_tuner.series.loaders import cut_windows, from_arrays, from_table, from_tf_data, from_ts
from attn_tuner.series.series_file import read_series_file

NAN, INF = float("nan"), float("inf")
RISING = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
NAMES = ("a", "b")


def arrays(series, folder):
    return from_arrays(series)


def rows(series):
    """The steps of all series as a table: id, time, and a column for each feature."""
    found = [
        {"id": f"s{number}", "time": time, **dict(zip(NAMES, step, strict=True))}
        for number, each in enumerate(series)
        for time, step in enumerate(each)
    ]
    return pd.DataFrame(found, dtype=object)


def table(series, folder):
    return from_table(rows(series))


def archive(series, folder):
    columns = [
        ":".join(
            ",".join("?" if value != value else str(value) for value in column) for column in z
        )
        for z in (zip(*each, strict=True) for each in series)
    ]
    text = "".join(f"{line}:x\n" for line in columns)
    path = folder / "x.ts"
    path.write_text(f"@classLabel true x\n@data\n{text}", encoding="utf-8")
    return from_ts(path)


def dataset(series, folder):
    tf = pytest.importorskip("tensorflow")
    plain = all(isinstance(value, float) for each in series for step in each for value in step)
    kind = tf.float32 if plain else tf.string
    made = [np.array(each, "float32" if plain else "S") for each in series]
    spec = tf.TensorSpec((None, None), kind)
    return from_tf_data(tf.data.Dataset.from_generator(lambda: iter(made), output_signature=spec))


def csv(series, folder):
    rows(series).to_csv(folder / "x.csv", index=False, na_rep="")
    return read_series_file(folder / "x.csv", NAMES)


def npy(series, folder):
    kind = None if isinstance(series[0][1][0], str) else "float64"
    steps = max(map(len, series))
    padded = [[*each, *[[NAN] * len(each[0])] * (steps - len(each))] for each in series]
    np.save(folder / "x.npy", np.array(padded, kind))
    return read_series_file(folder / "x.npy", NAMES)


def windows(series, folder):
    return cut_windows([step for each in series for step in each], window=2)


LOADERS = {each.__name__: each for each in (arrays, table, archive, dataset, csv, npy, windows)}
EVERY = pytest.mark.parametrize("load", LOADERS.values(), ids=LOADERS)


def but(*names):
    """Loaders that can be given such series."""
    kept = {name: each for name, each in LOADERS.items() if name not in names}
    return pytest.mark.parametrize("load", kept.values(), ids=kept)


def changed(value, step=1):
    """Two series, one value of the first replaced."""
    made = [list(each) for each in RISING]
    made[step][0] = value
    return [made, [[7.0, 8.0], [9.0, 1.0], [2.0, 3.0]]]


@EVERY
def test_a_missing_value_stays_missing_and_is_counted(load, tmp_path):
    found = load(changed(NAN), tmp_path)
    assert np.isnan(found.series[0][1, 0])
    assert found.series[0][1, 1] == 4.0
    assert any("values are missing" in note for note in found.notes)


@EVERY
def test_a_constant_feature_is_said(load, tmp_path):
    same = [[[step, 7.0] for step in (1.0, 2.0, 3.0)], [[step, 7.0] for step in (4.0, 5.0, 6.0)]]
    found = load(same, tmp_path)
    assert any("(7) is the same in every step" in note for note in found.notes)


@but("windows", "npy")
def test_a_single_step_is_read_and_said(load, tmp_path):
    found = load([RISING, [[7.0, 8.0]]], tmp_path)
    assert [len(each) for each in found.series] == [3, 1]
    assert any("1 of 2 series have a single step" in note for note in found.notes)


@EVERY
@pytest.mark.parametrize("value", [INF, -INF, 1e39], ids=["inf", "-inf", "1e39"])
def test_a_value_that_is_infinite_in_float32_is_refused_with_its_step(load, value, tmp_path):
    if load is dataset and value == 1e39:
        value = INF  # Its tensor is float32.
    with pytest.raises(DataError, match=r"(is infinite|float32 holds) at step 2"):
        load(changed(value), tmp_path)


@EVERY
def test_a_string_among_the_numbers_is_refused_and_named(load, tmp_path):
    all_text = load in (npy, dataset)  # An array of text has no numbers left.
    named = "has the text b?'1.0' at step 1" if all_text else "warm"
    with pytest.raises(DataError, match=named):
        load(changed("warm"), tmp_path)


@but("table", "csv", "npy", "windows")
def test_series_of_unequal_features_are_refused(load, tmp_path):
    with pytest.raises(DataError, match=r"has 1 feature, and .* has 2"):
        load([RISING, [[1.0], [2.0]]], tmp_path)


@but("table", "csv", "archive", "dataset", "npy")
def test_steps_of_unequal_features_are_refused(load, tmp_path):
    with pytest.raises(DataError, match="rows of unlike length"):
        load([[[1.0, 2.0], [3.0]], RISING], tmp_path)


def test_ten_million_steps_of_a_file_are_read_and_called_long(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(10_000_000, "float32"))
    found = read_series_file(tmp_path / "x.npy", ("a",))
    assert len(found.series[0]) == 10_000_000
    assert "The longest series has 10,000,000 steps" in found.notes[-1]
