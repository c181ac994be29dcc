"""The drawing of a series and the table beside it say the same."""

import re
from xml.etree import ElementTree

import numpy as np

from attn_tuner.reporting.series_drawing import MOST_POINTS, series_rows, series_svg

NAN = float("nan")


def drawn(series, weights=(), features=("heat",)):
    svg = series_svg(np.array(series), np.array(weights), features, "A series")
    return ElementTree.fromstring(svg)


def test_attended_steps_have_a_bar_and_others_have_none():
    svg = drawn([[1.0], [2.0], [3.0], [2.0]], [0.0, 0.5, 0.5, 0.0])
    [bar] = svg.findall("rect")
    assert float(bar.get("x")) == 720 / 4
    assert float(bar.get("width")) == 720 / 2


def test_a_line_is_broken_where_a_value_is_missing():
    svg = drawn([[1.0], [2.0], [NAN], [2.0]])
    assert [len(line.get("points").split()) for line in svg.findall("polyline")] == [2, 2]
    assert not svg.findall("rect")


def test_the_greatest_value_stands_highest():
    [line] = drawn([[1.0], [5.0], [3.0]]).findall("polyline")
    heights = [float(point.split(",")[1]) for point in line.get("points").split()]
    assert heights[1] < heights[2] < heights[0]


def test_names_of_features_cannot_become_markup():
    svg = drawn([[1.0]], features=("<script>",))
    assert svg.find("text").text == "<script>"


def test_a_long_series_is_drawn_with_few_points():
    svg = series_svg(np.ones((50_000, 1)), np.ones(50_000), ("heat",), "A series")
    assert len(re.findall(r"\d,\d", svg)) <= 2 * MOST_POINTS


def test_the_table_sums_up_stretches_of_time():
    series = np.array([[1.0, NAN], [3.0, NAN]] * 10)
    weights = np.zeros(20)
    weights[:2] = 0.5
    rows = series_rows(series, weights)
    assert len(rows) == 10
    assert rows[0] == ("1 to 2", "100 %", 2.0, None)
    assert rows[1] == ("3 to 4", "0 %", 2.0, None)


def test_a_short_series_has_a_row_for_each_step():
    assert [row[0] for row in series_rows(np.ones((3, 1)), np.zeros(0))] == [
        "1 to 1",
        "2 to 2",
        "3 to 3",
    ]
