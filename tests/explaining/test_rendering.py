import re
from html import unescape
from io import StringIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from attn_tuner.explaining import Explanation, explain
from attn_tuner.explaining.rendering import marked_html, relative_weights, to_html

KEYS = re.compile(r"\w+")
ATTACK = "<script>alert(1)</script>"


def explanation(text, weights=None, label="good"):
    spans = tuple(found.span() for found in KEYS.finditer(text))
    tokens = tuple(text[start:end].lower() for start, end in spans)
    weights = np.full((1, len(spans)), 1 / max(1, len(spans))) if weights is None else weights
    known = (True,) * len(tokens)
    return Explanation(text, label, {label: 1.0}, tokens, spans, known, ("head",), weights)


@given(st.text())
def test_the_segments_put_together_are_the_text(text):
    assert "".join(segment for segment, _ in explanation(text).segments()) == text


@given(st.text())
def test_marked_text_reads_as_the_text_and_holds_no_other_tag_than_mark(text):
    html = marked_html(explanation(text))
    plain = re.sub(r"</?mark[^>]*>", "", html)
    assert "<" not in plain
    assert unescape(plain) == unescape(text.replace("&", "&amp;").replace("<", "&lt;"))


def test_a_script_in_text_and_class_name_is_shown_never_run():
    html = to_html(explanation(f"good {ATTACK}", label=ATTACK))
    assert "<script" not in html
    assert html.count("&lt;") == 2 + 1 + 1


def test_the_shade_follows_the_weight():
    html = marked_html(explanation("one two three", np.array([[0.8, 0.2, 0.0]])))
    shades = [float(each) for each in re.findall(r"170, 0, ([\d.]+)\)", html)]
    assert shades == [0.5, 0.12]
    assert html.endswith("three")


def test_relative_weights_of_nothing_are_zero():
    assert list(relative_weights([])) == []
    assert list(relative_weights([0.0, 0.0])) == [0, 0]
    assert list(relative_weights([1.0, 4.0])) == [0.25, 1]


def test_overlapping_places_repeat_no_text():
    found = Explanation(
        "ABC",
        "x",
        {"x": 1.0},
        ("a", "b", "c"),
        ((0, 2), (0, 2), (2, 3)),
        (True,) * 3,
        ("head",),
        np.array([[0.2, 0.3, 0.5]]),
    )
    assert [segment for segment, _ in found.segments()] == ["AB", "C"]


def test_without_places_the_tokens_are_shown():
    found = Explanation(
        "Ab, c",
        "x",
        {"x": 1.0},
        ("ab", "c"),
        ((-1, -1),) * 2,
        (True,) * 2,
        ("head",),
        np.ones((1, 2)),
    )
    assert "".join(segment for segment, _ in found.segments()) == "ab c "


@pytest.mark.parametrize("color", [None, "truecolor"])
def test_a_terminal_gets_the_text_but_no_escape_sequences_of_its_own(color):
    out = StringIO()
    console = Console(file=out, color_system=color, force_terminal=bool(color), width=200)
    console.print(explanation("good [red]film[/red] \x1b[31mbad\x07"))
    text = out.getvalue()
    assert "[red]" in re.sub(r"\x1b\[[\d;]*m", "", text)
    assert "\x1b[31m" not in text
    assert "\x07" not in text
    if color:
        assert "48;2;255" in text


def test_a_notebook_shows_each_hop_on_request(make_bundle):
    found = explain(make_bundle(hops=2), "the film was good")[0]
    html = found._repr_html_()
    assert "head, hop 2" in html
    assert "<details>" in html
