"""What the clock overtakes in this process: neither a failure nor a score, and it begins again."""

import time
from pathlib import Path

import pytest

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.layout import RECORD
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.events import TrialStarted, ignore
from attn_tuner.tuning.failures import reason_to_give_up
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.scheduler import FIRST_EVALUATION, LONG_SILENCE
from attn_tuner.tuning.trial.callbacks import TIME_OVER
from attn_tuner.tuning.trial.spec import TrialOutcome
from attn_tuner.tuning.trial.watchdog import TimeOver
from attn_tuner.tuning.tuner import TrialRunner


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def outcome(accuracy, stopped="all epochs done"):
    metrics = {"epochs": 1.0, "seconds": 1.0, "loss": 0.5, "accuracy": accuracy}
    return TrialOutcome(metrics, [metrics], stopped, 1.0)


def runner_with(folder, train, clock=None, seconds=100.0, trials=5, listener=ignore):
    """A runner whose trainings are `train(spec, callbacks)`."""
    hypermodel = AttentionHyperModel(vocabulary_size=50, classes=2)
    oracle = oracles["random"](
        objective="max:val_accuracy",
        max_trials=trials,
        seed=3,
        hyperparameters=hypermodel.hyperparameters(),
    )

    class Trainer:
        def __call__(self, spec, callbacks):
            return train(spec, callbacks)

    trainer = Trainer()
    trainer.hypermodel = hypermodel
    return TrialRunner(
        oracle,
        trainer,
        plan=Plan("toy", "0", ("a", "b"), {}, max_trials=trials, pruner="none"),
        budget=Budget(seconds, clock=clock or Clock()),
        listener=listener,
        directory=folder,
        project_name="run",
    )


def overtaken(clock, seconds=100.0):
    def train(spec, callbacks):
        clock.now += seconds
        raise TimeOver("The time was over.")

    return train


def test_an_overtaken_trial_is_no_failure_and_is_begun_again_in_every_sitting(tmp_path):
    events = []
    for _ in range(3):  # More often than a trial may begin that ends its process.
        clock = Clock()
        runner = runner_with(tmp_path, overtaken(clock), clock, trials=1, listener=events.append)
        runner.search()
        assert runner.records == {}
        assert reason_to_give_up(runner.records.values(), tmp_path) is None
        assert [trial.status for trial in runner.oracle.trials.values()] == ["RUNNING"]
    assert all(isinstance(event, TrialStarted) for event in events)
    runner = runner_with(tmp_path, lambda spec, callbacks: outcome(0.7), trials=1)
    runner.search()
    assert [record.score for record in runner.records.values()] == [0.7]


def test_a_trial_that_had_time_enough_and_may_hang_is_set_aside_at_last(tmp_path):
    for _ in range(2):
        clock = Clock()
        runner_with(
            tmp_path, overtaken(clock, LONG_SILENCE + 1), clock, seconds=LONG_SILENCE, trials=1
        ).search()
    clock = Clock()
    runner = runner_with(tmp_path, overtaken(clock), clock, trials=1)
    runner.search()
    assert [record.status for record in runner.records.values()] == ["failed"]


def test_without_an_evaluation_a_trial_is_left_for_later(tmp_path):
    clock = Clock()

    def train(spec, callbacks):
        clock.now += 100
        assert callbacks.must_evaluate()  # There is no model yet.
        return TrialOutcome({}, [], TIME_OVER, 1.0)

    runner = runner_with(tmp_path, train, clock)
    runner.search()
    assert runner.records == {}


def test_no_trial_begins_that_cannot_be_evaluated_in_what_is_left(tmp_path):
    clock, begun = Clock(), []

    def train(spec, callbacks):
        begun.append(spec.trial_id)
        assert callbacks.must_evaluate() == (len(begun) == 1)
        clock.now += 30.0
        callbacks.should_prune(1.0, 0.7)
        clock.now += 6.0
        return outcome(0.7)

    runner = runner_with(tmp_path, train, clock)
    runner.search()
    assert len(begun) == 2
    assert runner.budget.estimate(FIRST_EVALUATION) == 30.0
    assert not runner.over()
    assert not runner.has_room()


def test_the_first_model_has_minutes_and_one_beside_a_model_none_before_its_first_batch(tmp_path):
    runner = runner_with(tmp_path, lambda spec, callbacks: outcome(0.7), trials=1)
    assert runner.scheduler.grace(started=False) >= 600
    runner.search()
    assert runner.scheduler.grace(started=False) == 0
    assert runner.scheduler.grace() > 0


def test_the_clock_is_noticed_while_a_model_is_built(tmp_path):
    def train(spec, callbacks):
        if runner.records:
            clock.now += 100
            time.sleep(60)
        callbacks.should_prune(1.0, 0.7)
        return outcome(0.7)

    clock = Clock()
    runner = runner_with(tmp_path, train, clock)
    began = time.monotonic()
    runner.search()
    assert time.monotonic() - began < 30
    assert len(runner.records) == 1


@pytest.mark.parametrize("again", [0.6, 0.8])
def test_a_continuation_that_reaches_less_leaves_the_score(tmp_path, again):
    def cut(spec, callbacks):
        return outcome(0.7, TIME_OVER)

    first = runner_with(tmp_path, cut, trials=1)
    first.search()
    (name,) = first.records
    (Path(first.get_trial_dir(name)) / "resume-1").mkdir()
    told = []

    def goes_on(spec, callbacks):
        told.append(spec.recorded)
        return outcome(again)

    runner = runner_with(tmp_path, goes_on, trials=1)
    runner.search()
    record = runner.records[name]
    assert told == [0.7]
    assert record.status == "completed"
    assert record.score == record.metrics["accuracy"] == max(0.7, again)
    assert runner.oracle.get_trial(name).score == max(0.7, again)


def test_records_that_know_of_no_remark_are_read(tmp_path):
    folder = tmp_path / "trial_0"
    folder.mkdir()
    known = {"trial_id": "0", "status": "cut", "values": {}, "score": 0.5}
    write_json(folder / RECORD, {**known, "measures": {"epochs": 1.0}})
    assert TrialRecord.load(folder).remark == ""
