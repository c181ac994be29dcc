"""Repeats of the best trials: their scores count, their failures and cuts do not."""

import pytest

from attn_tuner.errors import RunError
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.events import Remark
from attn_tuner.tuning.repeats import repeat
from attn_tuner.tuning.trial.callbacks import TIME_OVER
from attn_tuner.tuning.trial.spec import TrialOutcome
from tests.support.toy_runner import make_runner


def outcome(accuracy, stopped="all epochs done"):
    metrics = {"epochs": 1.0, "seconds": 1.0, "loss": 0.5, "accuracy": accuracy}
    return TrialOutcome(metrics, [metrics], stopped, 1.0)


@pytest.fixture
def searched(tmp_path):
    """A runner whose three trials scored 0.7, 0.8 and 0.9, and what its listener receives."""
    events = []
    runner = make_runner(tmp_path, trials=3, listener=events.append)
    runner.trainer = lambda spec, callbacks: outcome(0.7 + 0.1 * int(spec.trial_id))
    runner.search()
    events.clear()
    return runner, events


def test_the_scores_of_repeats_stand_in_the_records(searched):
    runner, _ = searched
    runner.trainer = lambda spec, callbacks: outcome(0.6)
    repeat(runner, times=2, count=2)
    assert {name: each.repeats for name, each in runner.records.items()} == {
        "0": [],
        "1": [0.6, 0.6],
        "2": [0.6, 0.6],
    }


@pytest.mark.parametrize("error", [ValueError("no such luck"), MemoryError(), RunError("gone")])
def test_a_repeat_that_fails_leaves_a_remark_and_the_others_go_on(searched, error):
    runner, events = searched
    before = dict(runner.records)

    def train(spec, callbacks):
        if spec.trial_id == "1, repeat 1":
            raise error
        return outcome(0.6)

    runner.trainer = train
    repeat(runner, times=2)
    after = runner.records["1"]
    assert after.remark == f"Repeat 1 failed: {type(error).__name__}: {error}"
    assert "Traceback" in after.message
    assert after.repeats == [0.6]  # The second repeat.
    assert (after.status, after.score) == (before["1"].status, before["1"].score)
    assert runner.records["0"].repeats == runner.records["2"].repeats == [0.6, 0.6]
    assert TrialRecord.load(runner.get_trial_dir("1")) == after
    assert [each for each in events if isinstance(each, Remark)] == [
        Remark("1", f"keeps its score. {after.remark}")
    ]


def test_a_repeat_that_the_time_limit_stops_is_neither_evaluated_nor_counted(searched):
    runner, _ = searched

    def train(spec, callbacks):
        assert not callbacks.must_evaluate()
        return TrialOutcome({}, [], TIME_OVER, 1.0)

    runner.trainer = train
    repeat(runner, times=1)
    assert all(record.repeats == [] for record in runner.records.values())
