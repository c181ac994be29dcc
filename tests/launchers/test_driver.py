"""The driver with workers of paper: who gets what, who dies, who is stuck."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from attn_tuner.errors import BudgetError, MissingExtra, Unwritable
from attn_tuner.layers import memory_guard
from attn_tuner.system.machine import cores
from attn_tuner.tuning import resources
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.events import Remark
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.launcher import Launcher
from attn_tuner.tuning.launchers.worker import Worker
from attn_tuner.tuning.launchers.worker_pool import (
    ENDS,
    EVALUATE,
    OUT_OF_MEMORY,
    EvaluationAsked,
    PruningAsked,
    SpeedMeasured,
    TrainingEnded,
    TrainingFailed,
    WorkerDied,
    WorkerMessage,
)
from attn_tuner.tuning.pruning import PercentilePruner, pruner_name
from attn_tuner.tuning.resources import core_sets, environment, share
from attn_tuner.tuning.scheduler import FIRST_EVALUATION
from attn_tuner.tuning.trial.callbacks import TIME_OVER
from attn_tuner.tuning.trial.spec import Schedule, TrialOutcome, TrialSpec
from tests.support.toy_runner import make_runner
from tests.support.toy_training import score

pytestmark = pytest.mark.filterwarnings("ignore:.*thread.*:DeprecationWarning")


class PaperPool:
    """Workers that end a trial in as many waits as they are told; `act` may do something else.

    Args:
        workers: how many.
        act: `(pool, worker, spec)` to the messages of one wait, or None for the usual.
    """

    def __init__(self, workers=2, act=lambda pool, worker, spec: None):
        self.specs = dict.fromkeys(f"paper {n}" for n in range(workers))
        self.act = act
        self.begun, self.answers, self.stopped, self.dismissed = [], [], [], []
        self.most, self.spared, self.closed, self.time = 0, 0, False, 0.0

    def idle(self):
        return [worker for worker, spec in self.specs.items() if spec is None]

    def begin(self, worker, spec):
        self.specs[worker] = spec
        self.begun.append(spec.trial_id)
        self.most = max(self.most, sum(each is not None for each in self.specs.values()))

    def answer(self, worker, reason):
        self.answers.append(reason)

    def stop(self, worker):
        self.stopped.append(worker)

    def dismiss(self, worker):
        self.dismissed.append(worker)
        self.specs[worker] = None

    def wait(self, seconds):
        self.time += seconds
        messages = []
        for worker, spec in self.specs.items():
            if spec is None:
                continue
            said = self.act(self, worker, spec)
            said = [TrainingEnded(outcome(spec))] if said is None else said
            if any(isinstance(content, (*ENDS, WorkerDied)) for content in said):
                self.specs[worker] = None
            messages += [WorkerMessage(worker, content) for content in said]
        return messages

    def spare_memory(self):
        self.spared += 1

    def close(self):
        self.closed = True


def outcome(spec, stopped="all epochs done"):
    metrics = {"epochs": 1.0, "seconds": 1.0, "loss": 0.5, "accuracy": score(spec.values)}
    return TrialOutcome(metrics, [metrics], stopped, 1.0)


def test_every_trial_runs_once_and_all_workers_are_busy(runner):
    pool = PaperPool(3)
    Driver(runner, pool).search()
    assert sorted(pool.begun) == sorted(runner.records) == [str(n) for n in range(6)]
    assert {record.status for record in runner.records.values()} == {"completed"}
    assert pool.most == 3
    assert pool.closed
    assert runner.oracle.ongoing_trials == {}


def test_a_trial_whose_worker_died_is_begun_again_and_fails_after_two_retries(runner):
    def act(pool, worker, spec):
        return [WorkerDied("power cut")] if spec.trial_id == "1" else None

    pool = PaperPool(2, act)
    Driver(runner, pool, max_retries=2).search()
    assert pool.begun.count("1") == 3
    failed = runner.records.pop("1")
    assert failed.status == "failed"
    assert failed.stopped == "the worker died 3 times: power cut"
    assert pool.spared == 0
    assert {record.status for record in runner.records.values()} == {"completed"}


def test_a_trial_that_takes_too_much_memory_is_infeasible_and_less_is_counted_on(runner):
    def act(pool, worker, spec):
        return [WorkerDied(OUT_OF_MEMORY)] if spec.trial_id == "1" else None

    pool = PaperPool(2, act)
    Driver(runner, pool, max_retries=1).search()
    record = runner.records.pop("1")
    assert record.status == "infeasible"
    assert record.stopped == "the worker died 2 times: out of memory"
    assert pool.spared == 2
    assert {record.status for record in runner.records.values()} == {"completed"}


@pytest.fixture
def no_limit(monkeypatch):
    monkeypatch.delenv(memory_guard.VARIABLE, raising=False)
    monkeypatch.setattr(memory_guard, "_limit", None)


def test_a_worker_counts_on_its_part_of_the_memory(no_limit, monkeypatch):
    resources.MemoryAllowance(0.5)
    assert memory_guard.memory_limit() is None
    resources.limit_memory(10**6)
    whole = memory_guard.memory_limit()
    assert whole > 0
    resources.MemoryAllowance(0.5).shrink(0.25)
    assert memory_guard.available_bytes() == pytest.approx(whole / 4, abs=1)


def test_a_limit_that_the_user_set_stays_until_memory_runs_out(no_limit, monkeypatch):
    monkeypatch.setenv(memory_guard.VARIABLE, "3")
    resources.limit_memory(1)
    assert memory_guard.available_bytes() == 3 * 2**30
    resources.MemoryAllowance().shrink(0.5)
    assert memory_guard.available_bytes() == 1.5 * 2**30


def test_processes_that_the_system_ended_for_want_of_memory_are_counted(tmp_path, monkeypatch):
    counter = tmp_path / "vmstat"
    counter.write_text("pgfault 7\noom_kill 3\noom_kill_other 5\n")
    monkeypatch.setattr(resources, "_COUNTERS", (counter, tmp_path / "absent"))
    assert resources.killed() == 3


def test_a_trial_that_ended_just_before_a_kill_is_not_trained_again(tmp_path):
    first = make_runner(tmp_path)
    trial = first.next_trial()
    first.lifecycle.finish(trial, outcome(first.lifecycle.spec_of(trial)))
    runner, pool = make_runner(tmp_path), PaperPool(2)
    Driver(runner, pool).search()
    assert sorted([trial.trial_id, *pool.begun]) == sorted(runner.records)
    known = runner.oracle.trials[trial.trial_id]
    assert (known.status, known.score) == ("COMPLETED", runner.records[trial.trial_id].score)


@pytest.mark.parametrize("pruner", ["median", PercentilePruner(percentile=40)], ids=pruner_name)
def test_scores_are_answered_with_the_word_of_the_pruner(pruner, tmp_path):
    runner = make_runner(tmp_path, trials=8, pruner=pruner)
    asked = set()

    def act(pool, worker, spec):
        if spec.trial_id in asked:
            reason = pool.answers[-1]
            return [TrainingEnded(outcome(spec, f"pruned: {reason}" if reason else "done"))]
        asked.add(spec.trial_id)
        return [PruningAsked(1.0, score(spec.values))]

    Driver(runner, PaperPool(1, act)).search()
    statuses = {record.status for record in runner.records.values()}
    assert statuses == {"completed", "pruned"}
    stopped = " ".join(record.stopped for record in runner.records.values())
    assert ("the median there is" if pruner == "median" else "the 40th percentile there") in stopped
    assert pruner == "median" or not pruner.get_state()["curves"]  # Each rung has a copy.


def test_a_trial_that_is_too_slow_for_the_time_left_is_cut_and_the_next_one_begins(tmp_path):
    runner = make_runner(tmp_path, trials=3)
    runner.budget.seconds, stopped = 3_600.0, {}

    def act(pool, worker, spec):
        if spec.trial_id in stopped:
            reason = pool.answers[-1]
            return [TrainingEnded(outcome(spec, f"{TIME_OVER}, as {reason}" if reason else "done"))]
        stopped[spec.trial_id] = True
        return [SpeedMeasured(12_000.0)]

    pool = PaperPool(1, act)
    Driver(runner, pool).search()
    assert [record.status for record in runner.records.values()] == ["completed", "cut", "cut"]
    assert pool.answers[0] is None  # There was no model yet.
    assert pool.answers[1].startswith("an epoch takes 3h20m and ")


def test_a_worker_without_room_on_the_disk_ends_the_search_and_fails_no_trial(runner):
    def act(pool, worker, spec):
        return [TrainingFailed("Unwritable: /run/x cannot be written: Full.", "trace")]

    pool = PaperPool(act=act)
    with pytest.raises(Unwritable, match=r"^/run/x cannot be written: Full\.$"):
        Driver(runner, pool).search()
    assert pool.closed
    assert not runner.records


def test_a_failed_trial_is_recorded_with_its_traceback(runner):
    def act(pool, worker, spec):
        failed = TrainingFailed("ValueError: no such luck", "Traceback ...")
        return [failed] if spec.trial_id == "0" else None

    Driver(runner, PaperPool(2, act)).search()
    assert runner.records["0"].stopped == "ValueError: no such luck"
    assert runner.records["0"].message == "Traceback ..."


def test_a_silent_worker_is_dismissed_and_its_trial_goes_to_another(runner):
    pool = PaperPool(1)
    silent = []

    def act(pool, worker, spec):
        if spec.trial_id == "0" and len(silent) < 5:
            silent.append(pool.time)
            return []
        return None

    pool.act = act
    Driver(runner, pool, max_silence=1.0, clock=lambda: pool.time).search()
    assert pool.dismissed
    assert runner.records["0"].status == "completed"


def test_when_the_time_is_over_what_runs_is_cut_and_what_is_stuck_is_left_for_later(tmp_path):
    runner = make_runner(tmp_path, trials=6)
    pool = PaperPool(2)
    over = []
    runner.scheduler.interrupted = lambda: bool(over)

    def act(pool, worker, spec):
        over.append(True)
        if spec.trial_id == "1":  # Which hears nothing.
            return []
        return [TrainingEnded(outcome(spec, TIME_OVER))] if pool.stopped else []

    pool.act = act
    Driver(runner, pool, clock=lambda: pool.time).search()
    assert runner.records["0"].status == "cut"
    assert pool.dismissed == ["paper 1"]
    assert set(runner.records) == {"0"}
    again = make_runner(tmp_path, trials=6)
    pool = PaperPool(4)
    Driver(again, pool).search()
    assert pool.begun[0] == "1"
    assert set(again.records) == {str(n) for n in range(6)}


def test_what_the_clock_overtakes_is_no_failure_and_begins_again(tmp_path):
    for _ in range(3):  # More often than a trial may begin that ends its process.
        runner, pool, over = make_runner(tmp_path, trials=1), PaperPool(1), []
        runner.scheduler.interrupted = lambda over=over: bool(over)
        pool.act = lambda pool, worker, spec, over=over: over.append(True) or []
        runner.scheduler.grace = lambda: 1.0
        Driver(runner, pool, clock=lambda pool=pool: pool.time).search()
        assert pool.dismissed
        assert runner.records == {}
    runner = make_runner(tmp_path, trials=1)
    Driver(runner, PaperPool(1)).search()
    assert [record.status for record in runner.records.values()] == ["completed"]


def test_a_worker_that_dies_of_a_continuation_costs_no_score(tmp_path):
    runner = make_runner(tmp_path, trials=1)
    trial = runner.next_trial()
    ended = outcome(runner.lifecycle.spec_of(trial), TIME_OVER)
    runner.lifecycle.complete(trial, runner.lifecycle.finish(trial, ended))
    runner.on_trial_end(trial)
    (Path(runner.get_trial_dir(trial.trial_id)) / "resume-1").mkdir()
    before = runner.records[trial.trial_id]
    again = make_runner(tmp_path, trials=1)
    events = []
    again.listener = events.append
    dies = PaperPool(1, lambda pool, worker, spec: [WorkerDied("power cut")])
    Driver(again, dies).search()
    after = again.records[trial.trial_id]
    assert dies.begun == [trial.trial_id] * 3
    assert (after.status, after.score) == ("cut", before.score)
    assert "the worker died 3 times: power cut" in after.remark
    assert again.oracle.get_trial(trial.trial_id).status == "COMPLETED"
    assert Remark(trial.trial_id, f"keeps its score. {after.remark}") in events
    assert make_runner(tmp_path, trials=1).records[trial.trial_id] == after
    assert again.lifecycle.cut_trials() == []  # Not once more in this sitting.


def test_no_trial_begins_that_cannot_be_evaluated_in_what_is_left(tmp_path):
    now = [0.0]
    runner = make_runner(tmp_path, trials=6, budget=Budget(100.0, clock=lambda: now[0]))

    def act(pool, worker, spec):
        now[0] += 30.0
        runner.lifecycle.should_prune(spec.trial_id, 1.0, score(spec.values))
        return None

    pool = PaperPool(1, act)
    Driver(runner, pool).search()
    assert len(pool.begun) == 3
    assert now[0] == 90.0
    assert runner.budget.estimate(FIRST_EVALUATION) == 30.0


def test_a_cluster_without_ray_says_which_install_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'attn-tuner\[ray\]'"):
        Launcher(workers=2, cluster="auto")
    assert Launcher(workers=2).parallel
    assert not Launcher(workers=1).parallel


@pytest.mark.parametrize("given", [{"workers": 0}, {"cpus_per_trial": 0}, {"gpus_per_trial": -1}])
def test_impossible_workers_are_refused(given):
    with pytest.raises(BudgetError):
        Launcher(**given)


def test_threads_are_shared_out_and_named_to_every_library():
    assert share(10**6) == 1
    named = environment(3)
    assert named["OMP_NUM_THREADS"] == named["TF_NUM_INTRAOP_THREADS"] == "3"


on_linux = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system keeps no process to a core"
)


@on_linux
def test_workers_have_cores_apart_from_each_other():
    for workers in range(1, cores() + 1):
        found = core_sets(workers)
        assert len(found) == workers
        assert sum(map(len, found)) == len(frozenset().union(*found)) <= cores()
        assert {len(each) for each in found} == {share(workers)}
    assert core_sets(cores() + 1) == []


STAYS = """
import os, threading
from attn_tuner.tuning.resources import pin_to
cpus = frozenset([min(os.sched_getaffinity(0))])
woken, found = threading.Event(), []
def look():
    woken.wait()
    found.append(os.sched_getaffinity(0))
before = threading.Thread(target=look)
before.start()
pin_to(cpus)
after = threading.Thread(target=look)
after.start()
woken.set()
before.join(), after.join()
assert found == [cpus, cpus], found
"""


@on_linux
def test_a_process_stays_on_its_cores_with_all_its_threads():
    subprocess.run([sys.executable, "-c", STAYS], check=True)


@pytest.mark.parametrize("trials_before", [0, 1])
def test_what_is_stopped_is_evaluated_only_while_there_is_no_model(tmp_path, trials_before):
    runner, pool, over = make_runner(tmp_path, trials=4), PaperPool(1), []
    runner.scheduler.interrupted = lambda: bool(over)

    def act(pool, worker, spec):
        if len(runner.records) < trials_before:
            return None
        over.append(True)
        if not pool.stopped:
            return []
        return [TrainingEnded(outcome(spec, TIME_OVER))] if pool.answers else [EvaluationAsked()]

    pool.act = act
    Driver(runner, pool, clock=lambda: pool.time).search()
    assert pool.answers == [None if trials_before else EVALUATE]


@pytest.mark.parametrize("answer", [EVALUATE, None])
def test_a_worker_asks_its_driver_whether_to_evaluate_what_it_stops(answer):
    found = []

    def train(spec, callbacks):
        worker.stop()
        assert callbacks.should_stop()
        worker.answer(answer)
        found.append(callbacks.must_evaluate())
        return outcome(spec)

    worker = Worker(lambda: train)
    worker.train(TrialSpec("0", {}, 0, "", Schedule()))
    assert found == [answer == EVALUATE]
    assert worker.messages()[0] == EvaluationAsked()
