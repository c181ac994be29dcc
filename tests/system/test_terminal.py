"""What came from outside cannot command a terminal."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.system.terminal import escape_controls, to_single_line
from attn_tuner.tuning.budget import Budget

COMMANDS = {
    "escape": "\x1b[31m",
    "bell": "\x07",
    "backspace": "\b",
    "return": "\r",
    "delete": "\x7f",
    "C1 control": "\x9b31m",
    "bidi override": "\u202e",
    "bidi isolate": "\u2066",
    "line separator": "\u2028",
    "byte order mark": "\ufeff",
    "tag": "\U000e0041",
    "lone surrogate": "\ud800",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_shown_as_what_it_is(name):
    shown = escape_controls(f"a{COMMANDS[name]}b")
    assert COMMANDS[name][0] not in shown
    assert shown.startswith("a\\u")
    assert shown.endswith("b")


@given(st.text(st.characters()))
def test_nothing_that_commands_is_left_and_json_keeps_its_values(text):
    shown = escape_controls(text)
    kinds = {unicodedata.category(each) for each in shown if each not in "\n\t\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert json.loads(escape_controls(json.dumps([text], ensure_ascii=False))) == [text]
    assert "\n" not in to_single_line(text)


@pytest.mark.parametrize("text", ["größe 房间 🙂", "👩‍🚀 می‌خواهم", "a\tb\nc", ""])
def test_what_commands_nothing_stays(text):
    assert escape_controls(text) == text


def test_progress_says_nothing_that_commands(capsys):
    with ProgressPanel(Budget(None), "accuracy") as shown:
        shown.say("the class \x1b]0;title\x07 is rare")
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "is rare" in said
