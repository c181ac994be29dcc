"""Series by name: the path of a .ts file, and the generated set."""

import numpy as np
import pytest

from attn_tuner.errors import DataError
from attn_tuner.series import sensor_demo
from attn_tuner.series.loaders import from_table
from attn_tuner.series.numbers import holds_series
from attn_tuner.series.reading import load_series
from attn_tuner.tuning.encoded_data import EncodedData
from tests.support.waves import BRIEF, series_search

LINES = "@classLabel true up down\n@data\n"


@pytest.fixture
def small_demo(monkeypatch):
    monkeypatch.setattr(sensor_demo, "SIZES", {"train": 24, "validation": 12, "test": 8})


def ts_file(path, begin, end):
    rows = [f"{index}.5,2,?,3:{('up', 'down')[index % 2]}" for index in range(begin, end)]
    path.write_text(LINES + "\n".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("data", ["sensor-demo", "a/walk.ts", "walk.ts.gz"])
def test_names_of_series_are_told_from_texts(data):
    assert holds_series(data)


def test_a_ts_file_is_read_by_its_path(tmp_path):
    path = ts_file(tmp_path / "walk.ts", 0, 40)
    found = load_series(str(path), test=ts_file(tmp_path / "later.ts", 40, 84))
    assert found.name == "walk.ts"
    assert found.classes == ("down", "up")
    assert len(found.test) == 44
    assert found.held_out == ("validation",)
    assert np.isnan(found.train.series[0][2, 0])


def test_a_ts_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"lost\.ts"):
        load_series(str(tmp_path / "lost.ts"))


def test_a_long_table_is_searched_as_it_is_read():
    rows = [
        {"id": f"{index}", "time": step, "pulse": 60.0 + index + step, "label": "ab"[index % 2]}
        for index in range(40)
        for step in range(3)
    ]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    found = load_series(from_table(columns, label="label"))
    assert found.features == ("pulse",)
    assert found.classes == ("a", "b")


def test_the_generated_set_has_its_parts_and_deciding_spans(small_demo):
    found = load_series("sensor-demo")
    assert {role: len(part) for role, part in found.parts().items()} == sensor_demo.SIZES
    assert found.held_out == ()
    pressure = [
        each[start:end, 1]
        for each, (start, end) in zip(found.test.series, found.test.spans, strict=True)
    ]
    assert min(each.mean() for each in pressure) > 1.0


def test_a_set_with_parts_cannot_be_one_part(small_demo):
    with pytest.raises(DataError, match="has parts of its own"):
        load_series("sensor-demo", test="sensor-demo")


def test_the_outcome_says_how_much_attention_lies_on_the_deciding_steps(small_demo, tmp_path):
    space = {**BRIEF, "head": ["mean"], "max_length": 200}
    result = series_search(tmp_path / "run", data="sensor-demo", space=space)
    found = result.run.outcome["attention"]
    assert found["inputs"] == 8
    # The mean gives every step the same weight.
    assert found["mass"] == pytest.approx(found["even"], abs=1e-5)
    assert f"{100 * found['even']:.0f} % of the attention lies on those" in result.summary()
    assert EncodedData.open(tmp_path / "run" / "data").size("train") == 24
