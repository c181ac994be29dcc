"""What a panel shows of the events of a search."""

import io
import re
import sys
import types

import pytest
from rich.console import Console

from attn_tuner.monitoring.notebook_display import notebook_html
from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.storage.trial_record import DISTILLED, PRETRAINED, TrialRecord, ranked
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.events import (
    EpochProgress,
    Evaluated,
    Remark,
    TrialEnded,
    TrialStarted,
)
from attn_tuner.verbosity import set_verbosity

ESCAPES = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
ATTACK = "<script>alert(1)</script>"


def panel_on(file=None, seconds=None, **options):
    console = Console(file=file or io.StringIO(), **{"width": 100, **options})
    return ProgressPanel(Budget(seconds), "accuracy", console=console)


@pytest.fixture
def panel():
    return panel_on()


@pytest.fixture
def details():
    set_verbosity(1)
    yield
    set_verbosity(0)


def lines(panel):
    return panel.console.file.getvalue().splitlines()


def ended(name, score, status="completed", model="gru", seconds=12.0):
    stopped = "all epochs done" if score else "ValueError: no"
    values = {"encoder": model, "head": "mean", "learning_rate": 0.002}
    return TrialEnded(
        name, TrialRecord(name, status, values, score, stopped=stopped, seconds=seconds)
    )


def test_a_trial_is_followed_until_it_is_evaluated(panel):
    panel.on_event(TrialStarted("7", {"encoder": "gru", "head": "mean", "epochs": 4}))
    panel.on_event(EpochProgress("7", 1, 0.5))
    running = panel.running["7"]
    assert (running.model, running.done, running.epochs, running.score) == (
        "gru + mean",
        1.5,
        4,
        None,
    )
    panel.on_event(Evaluated("7", 1, {"accuracy": 0.8, "epochs": 1.75}))
    assert (running.done, running.score) == (1.75, 0.8)
    panel.on_event(ended("7", 0.8))
    assert panel.running == {}


def test_every_trial_that_ends_has_a_line_under_one_header(panel):
    panel.on_event(ended("0000", 0.7))
    panel.on_event(ended("0001", 0.6, "pruned", seconds=4))
    panel.on_event(ended("0002", None, "failed", seconds=3723))
    panel.on_event(ended("0003", 0.9, "cut"))
    panel.on_event(ended("0004", None, "infeasible"))
    panel.on_event(ended(f"0003{PRETRAINED}", 0.8))
    panel.on_event(ended(f"0003{DISTILLED}", 0.7))
    assert lines(panel) == [
        "trial  accuracy                  time  model",
        "0000     0.7000  best             12s  gru + mean",
        "0001     0.6000  pruned            4s  gru + mean",
        "0002          -  failed        1h2m3s  gru + mean",
        "0003     0.9000  best             12s  gru + mean",
        "0004          -  over limit       12s  gru + mean",
        "0003     0.8000  pretrained       12s  gru + mean",
        "0003     0.7000  distilled        12s  gru + mean",
    ]
    assert (len(panel.rows), panel.best.trial_id) == (7, "0003")


def test_a_smaller_score_is_better_where_the_objective_shrinks():
    shown = ProgressPanel(Budget(None), "rmse", sign=-1, console=Console(file=io.StringIO()))
    shown.on_event(ended("0", 2.0))
    shown.on_event(ended("1", 1.0))
    assert [row.mark for row in shown.rows] == ["best", "best"]


def test_of_equal_scores_the_lower_number_is_best_whichever_ended_first(panel):
    events = [ended("0001", 0.9), ended("0000", 0.9), ended("0002", 0.9)]
    for event in events:
        panel.on_event(event)
    assert [row.mark for row in panel.rows] == ["best", "best", ""]
    assert panel.best == ranked([event.record for event in events], sign=1)[0]


def test_a_trial_of_a_later_sitting_is_best_only_if_it_beats_those_before(panel):
    panel.best = ended("0001", 0.9).record
    for event in (ended("0002", 0.8), ended("0001", 0.9), ended("0003", 0.95)):
        panel.on_event(event)
    assert [row.mark for row in panel.rows] == ["", "best", "best"]


def test_details_say_why_a_trial_ended(panel, details):
    panel.on_event(ended("0000", None, "failed"))
    assert lines(panel)[1].endswith("gru + mean  (learning rate 2.0e-03, ValueError: no)")


def test_a_trial_that_could_not_go_on_keeps_its_score_and_says_why(panel):
    panel.on_event(Remark("3", "keeps its score. It could not go on: ValueError: no"))
    assert lines(panel) == ["trial 3 keeps its score. It could not go on: ValueError: no"]


def test_a_pipe_gets_whole_lines_however_long(panel):
    panel.headline("Data", "x" * 300)
    panel.on_event(ended("0000", 0.7, model="m" * 200))
    assert [len(line) > 200 for line in lines(panel)] == [True, False, True]
    assert not any("\x1b" in line for line in lines(panel))


@pytest.mark.parametrize("width", [60, 100, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_a_terminal_and_none_needs_more_than_its_characters(width, encoding):
    written = io.BytesIO()
    file = io.TextIOWrapper(written, encoding=encoding)  # Raises where a character is unknown.
    shown = panel_on(file, seconds=100.0, width=width, force_terminal=True, color_system=None)
    with shown:
        shown.headline("Data", "4,000 texts, 2 classes, " + "so many train " * 9)
        shown.expect(9, 4)
        shown.on_event(TrialStarted("0000", {"encoder": "bigru", "head": "m" * 90}))
        shown.on_event(EpochProgress("0000", 1, 0.5))
        shown.begin("testing")
        shown.on_event(ended("0000", 0.7, model="m" * 200))
    file.flush()
    found = written.getvalue().decode(encoding)
    visible = [part for line in found.splitlines() for part in line.split("\r")]
    assert max(len(ESCAPES.sub("", each)) for each in visible) <= width
    assert "epoch 1.5 of 4" in found
    assert "0000     0.7000  best" in found


def test_the_number_of_trials_to_expect_follows_from_those_that_ended():
    shown = panel_on(seconds=100.0)
    shown.expect(40, 4)
    shown.on_event(ended("0", 0.7, seconds=10.0))
    assert 9 <= shown.expected <= 11
    assert shown.remaining().startswith(f"1 of about {shown.expected}, ")


def test_nothing_is_printed_where_nothing_is_asked_for(capsys):
    with ProgressPanel(Budget(None), "accuracy", shown=False) as shown:
        shown.headline("Data", "x")
        shown.on_event(ended("0", 0.7))
    assert capsys.readouterr() == ("", "")


def test_a_notebook_has_one_output_in_which_all_data_are_escaped(monkeypatch):
    shown = []

    class Handle:
        def update(self, html):
            shown.append(html)

    fake = types.ModuleType("IPython.display")
    fake.HTML = str
    fake.display = lambda html, display_id: Handle()
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    out = io.StringIO()
    with panel_on(out, force_jupyter=True) as search:
        search.headline("Data", ATTACK)
        search.say(ATTACK)
        search.on_event(TrialStarted("1", {"encoder": ATTACK, "head": "mean"}))
        search.on_event(ended("0", 0.7, model=ATTACK))
        search.begin(ATTACK)
    assert out.getvalue() == ""
    assert not any("<script" in html for html in shown)
    assert "<details><summary>1 trial</summary>" in shown[-1]
    assert "0.7000" in shown[-1]


def test_numbers_in_a_notebook_are_on_the_right(panel):
    panel.on_event(ended("0", 0.7))
    html = notebook_html(panel)
    assert "<td style='text-align:right;padding:.1em .6em'>0.7000</td>" in html
