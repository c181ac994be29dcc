"""The curves of running trials, as a watcher reads them."""

import pytest

from attn_tuner.monitoring.live_trials import LiveTrials, live_trials
from attn_tuner.storage.layout import LIVE
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.events import EpochProgress, Evaluated, TrialEnded, TrialStarted

VALUES = {"encoder": "gru", "head": "additive"}


def test_the_curve_of_a_running_trial_grows_with_each_evaluation(tmp_path):
    live = LiveTrials(tmp_path, "accuracy")
    assert live_trials(tmp_path) == {}
    live(TrialStarted("0003", VALUES))
    assert live_trials(tmp_path) == {"0003": {"values": VALUES, "epochs": [], "scores": []}}
    live(Evaluated("0003", 0, {"epochs": 0.5, "accuracy": 0.7, "loss": 1.0}))
    live(EpochProgress("0003", 0, 0.6))
    live(Evaluated("0003", 1, {"epochs": 1.0, "accuracy": float("nan")}))
    told = live_trials(tmp_path)["0003"]
    assert (told["epochs"], told["scores"]) == ([0.5, 1.0], [0.7, None])


def test_a_trial_that_has_ended_and_a_search_that_has_ended_leave_nothing(tmp_path):
    live = LiveTrials(tmp_path, "accuracy")
    for trial in ("0000", "0001"):
        live(TrialStarted(trial, VALUES))
    live(TrialEnded("0000", TrialRecord("0000", "failed", VALUES)))
    assert list(live_trials(tmp_path)) == ["0001"]
    live.clear()
    assert live_trials(tmp_path) == {}


@pytest.mark.parametrize(
    "damage",
    ["", "[]", "{", "null", '{"0": 1}', '{"0": {"values": {}, "epochs": [1], "scores": []}}']
    + ['{"0": {"values": {}, "epochs": ["a"], "scores": [1]}}'],
)
def test_a_damaged_file_is_read_as_no_trials(tmp_path, damage):
    (tmp_path / LIVE).write_text(damage)
    assert live_trials(tmp_path) == {}


def test_a_search_goes_on_where_the_file_cannot_be_written(tmp_path):
    live = LiveTrials(tmp_path / "missing", "accuracy")
    live(TrialStarted("0000", VALUES))
