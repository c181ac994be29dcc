"""What a panel shows of the events of a search."""

import io

import pytest
from rich.console import Console

from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.events import (
    EpochProgress,
    Evaluated,
    Remark,
    TrialEnded,
    TrialStarted,
)


@pytest.fixture
def panel():
    console = Console(file=io.StringIO(), width=200)
    return ProgressPanel(Budget(None), "accuracy", console=console)


def lines(panel):
    return panel.console.file.getvalue().splitlines()


def ended(name, score, status="completed"):
    stopped = "all epochs done" if score else "ValueError: no"
    return TrialEnded(name, TrialRecord(name, status, {"encoder": "gru"}, score, stopped=stopped))


def test_a_trial_is_followed_until_it_is_evaluated(panel):
    panel.on_event(TrialStarted("7", {"encoder": "gru", "head": "mean"}))
    panel.on_event(EpochProgress("7", 1, 0.5))
    assert (panel.trial, panel.epoch, panel.fraction, panel.score) == ("7", 1, 0.5, None)
    panel.on_event(Evaluated("7", 2, {"accuracy": 0.8}))
    assert (panel.epoch, panel.fraction, panel.score) == (2, 0.0, 0.8)
    assert lines(panel) == []


def test_every_trial_that_ends_has_a_line_and_a_better_one_a_star(panel):
    panel.on_event(ended("0", 0.7))
    panel.on_event(ended("1", 0.6))
    panel.on_event(ended("2", None, "failed"))
    first, second, third = lines(panel)
    assert "0.7000 *" in first
    assert "0.6000  " in second
    assert third == "trial 2 failed: ValueError: no"
    assert (panel.ended, panel.best.trial_id) == (3, "0")


def test_a_trial_that_could_not_go_on_keeps_its_score_and_says_why(panel):
    panel.on_event(Remark("3", "keeps its score. It could not go on: ValueError: no"))
    assert lines(panel) == ["trial 3 keeps its score. It could not go on: ValueError: no"]
