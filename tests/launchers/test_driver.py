"""The driver with workers of paper: who gets what, who dies, who is stuck."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from attn_tuner.errors import BudgetError, MissingExtra, Unwritable
from attn_tuner.tuning import resources as memory
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.launcher import Launcher
from attn_tuner.tuning.launchers.worker_pool import OUT_OF_MEMORY, Event
from attn_tuner.tuning.resources import cores, environment, places, share
from attn_tuner.tuning.trial.callbacks import TIME_OVER
from attn_tuner.tuning.trial.resuming import FIRST
from attn_tuner.tuning.trial.spec import TrialOutcome
from tests.support.toy_runner import make_runner
from tests.support.toy_training import score

pytestmark = pytest.mark.filterwarnings("ignore:.*thread.*:DeprecationWarning")


class PaperCrew:
    """Workers that end a task in as many waits as they are told; `act` may do something else.

    Args:
        workers: how many.
        act: `(crew, worker, task)` to the events of one wait, or None for the usual.
    """

    def __init__(self, workers=2, act=lambda crew, worker, task: None):
        self.tasks = dict.fromkeys(f"paper {n}" for n in range(workers))
        self.act = act
        self.begun, self.answers, self.stopped, self.dismissed = [], [], [], []
        self.most, self.spared, self.closed, self.time = 0, 0, False, 0.0

    def idle(self):
        return [worker for worker, task in self.tasks.items() if task is None]

    def begin(self, worker, task):
        self.tasks[worker] = task
        self.begun.append(task.trial_id)
        self.most = max(self.most, sum(task is not None for task in self.tasks.values()))

    def answer(self, worker, reason):
        self.answers.append(reason)

    def stop(self, worker):
        self.stopped.append(worker)

    def dismiss(self, worker):
        self.dismissed.append(worker)
        self.tasks[worker] = None

    def wait(self, seconds):
        self.time += seconds
        events = []
        for worker, task in self.tasks.items():
            if task is None:
                continue
            said = self.act(self, worker, task)
            said = [Event(worker, "ended", outcome(task))] if said is None else said
            if any(event.kind in ("ended", "failed", "died") for event in said):
                self.tasks[worker] = None
            events += said
        return events

    def spare_memory(self):
        self.spared += 1

    def close(self):
        self.closed = True


def outcome(task, stopped="all epochs done"):
    measures = {"epochs": 1.0, "seconds": 1.0, "loss": 0.5, "accuracy": score(task.values)}
    return TrialOutcome(measures, [measures], stopped, 1.0)


def test_every_trial_runs_once_and_all_workers_are_busy(runner):
    crew = PaperCrew(3)
    Driver(runner, crew).search()
    assert sorted(crew.begun) == sorted(runner.records) == [str(n) for n in range(6)]
    assert {record.status for record in runner.records.values()} == {"completed"}
    assert crew.most == 3
    assert crew.closed
    assert runner.oracle.ongoing_trials == {}


def test_a_trial_whose_worker_died_is_begun_again_and_fails_after_two_retries(runner):
    def act(crew, worker, task):
        return [Event(worker, "died", "power cut")] if task.trial_id == "1" else None

    crew = PaperCrew(2, act)
    Driver(runner, crew, max_retries=2).search()
    assert crew.begun.count("1") == 3
    failed = runner.records.pop("1")
    assert failed.status == "failed"
    assert failed.stopped == "the worker died 3 times: power cut"
    assert crew.spared == 0
    assert {record.status for record in runner.records.values()} == {"completed"}


def test_a_trial_that_takes_too_much_memory_is_infeasible_and_less_is_counted_on(runner):
    def act(crew, worker, task):
        return [Event(worker, "died", OUT_OF_MEMORY)] if task.trial_id == "1" else None

    crew = PaperCrew(2, act)
    Driver(runner, crew, max_retries=1).search()
    record = runner.records.pop("1")
    assert record.status == "infeasible"
    assert record.stopped == "the worker died 2 times: out of memory"
    assert crew.spared == 2
    assert {record.status for record in runner.records.values()} == {"completed"}


def test_a_worker_counts_on_its_part_of_the_memory(monkeypatch):
    monkeypatch.setenv(memory.TOLD, "")
    monkeypatch.delenv(memory.TOLD)
    memory.allot(10**6)
    whole = float(os.environ[memory.TOLD])
    assert whole > 0
    memory.Estimate(0.5).shrink(0.25)
    assert float(os.environ[memory.TOLD]) == pytest.approx(whole / 4, abs=0.002)
    monkeypatch.setenv(memory.TOLD, "3")
    memory.allot(1)
    assert os.environ[memory.TOLD] == "3"


def test_processes_that_the_system_ended_for_want_of_memory_are_counted(tmp_path, monkeypatch):
    counter = tmp_path / "vmstat"
    counter.write_text("pgfault 7\noom_kill 3\noom_kill_other 5\n")
    monkeypatch.setattr(memory, "_COUNTERS", (counter, tmp_path / "absent"))
    assert memory.killed() == 3


def test_a_trial_that_ended_just_before_a_kill_is_not_trained_again(tmp_path):
    first = make_runner(tmp_path)
    trial = first.next_trial()
    first.keep(trial, outcome(first.task_of(trial)))
    runner, crew = make_runner(tmp_path), PaperCrew(2)
    Driver(runner, crew).search()
    assert sorted([trial.trial_id, *crew.begun]) == sorted(runner.records)
    known = runner.oracle.trials[trial.trial_id]
    assert (known.status, known.score) == ("COMPLETED", runner.records[trial.trial_id].score)


def test_scores_are_answered_with_the_word_of_the_pruner(tmp_path):
    runner = make_runner(tmp_path, trials=8, pruner="median")
    asked = set()

    def act(crew, worker, task):
        if task.trial_id in asked:
            reason = crew.answers[-1]
            return [
                Event(worker, "ended", outcome(task, f"pruned: {reason}" if reason else "done"))
            ]
        asked.add(task.trial_id)
        return [Event(worker, "score", (1.0, score(task.values)))]

    Driver(runner, PaperCrew(1, act)).search()
    statuses = {record.status for record in runner.records.values()}
    assert statuses == {"completed", "pruned"}


def test_a_worker_without_room_on_the_disk_ends_the_search_and_fails_no_trial(runner):
    def act(crew, worker, task):
        return [Event(worker, "failed", ("Unwritable: /run/x cannot be written: Full.", "trace"))]

    crew = PaperCrew(act=act)
    with pytest.raises(Unwritable, match=r"^/run/x cannot be written: Full\.$"):
        Driver(runner, crew).search()
    assert crew.closed
    assert not runner.records


def test_a_failed_trial_is_recorded_with_its_traceback(runner):
    def act(crew, worker, task):
        cause = ("ValueError: no such luck", "Traceback ...")
        return [Event(worker, "failed", cause)] if task.trial_id == "0" else None

    Driver(runner, PaperCrew(2, act)).search()
    assert runner.records["0"].stopped == "ValueError: no such luck"
    assert runner.records["0"].message == "Traceback ..."


def test_a_silent_worker_is_dismissed_and_its_trial_goes_to_another(runner):
    crew = PaperCrew(1)
    silent = []

    def act(crew, worker, task):
        if task.trial_id == "0" and len(silent) < 5:
            silent.append(crew.time)
            return []
        return None

    crew.act = act
    Driver(runner, crew, silence=1.0, clock=lambda: crew.time).search()
    assert crew.dismissed
    assert runner.records["0"].status == "completed"


def test_when_the_time_is_over_what_runs_is_cut_and_what_is_stuck_is_left_for_later(tmp_path):
    runner = make_runner(tmp_path, trials=6)
    crew = PaperCrew(2)
    over = []
    runner.interrupted = lambda: bool(over)

    def act(crew, worker, task):
        over.append(True)
        if task.trial_id == "1":  # Which hears nothing.
            return []
        return [Event(worker, "ended", outcome(task, TIME_OVER))] if crew.stopped else []

    crew.act = act
    Driver(runner, crew, clock=lambda: crew.time).search()
    assert runner.records["0"].status == "cut"
    assert crew.dismissed == ["paper 1"]
    assert set(runner.records) == {"0"}
    again = make_runner(tmp_path, trials=6)
    crew = PaperCrew(4)
    Driver(again, crew).search()
    assert crew.begun[0] == "1"
    assert set(again.records) == {str(n) for n in range(6)}


def test_what_the_clock_overtakes_is_no_failure_and_begins_again(tmp_path):
    for _ in range(3):  # More often than a trial may begin that ends its process.
        runner, crew, over = make_runner(tmp_path, trials=1), PaperCrew(1), []
        runner.interrupted = lambda over=over: bool(over)
        crew.act = lambda crew, worker, task, over=over: over.append(True) or []
        runner.grace = lambda: 1.0
        Driver(runner, crew, clock=lambda crew=crew: crew.time).search()
        assert crew.dismissed
        assert runner.records == {}
    runner = make_runner(tmp_path, trials=1)
    Driver(runner, PaperCrew(1)).search()
    assert [record.status for record in runner.records.values()] == ["completed"]


def test_a_worker_that_dies_of_a_continuation_costs_no_score(tmp_path):
    runner = make_runner(tmp_path, trials=1)
    trial = runner.next_trial()
    runner.succeed(trial, runner.keep(trial, outcome(runner.task_of(trial), TIME_OVER)))
    runner.on_trial_end(trial)
    (Path(runner.get_trial_dir(trial.trial_id)) / "resume-1").mkdir()
    before = runner.records[trial.trial_id]
    again = make_runner(tmp_path, trials=1)
    heard = []
    again.heard = heard.append
    dies = PaperCrew(1, lambda crew, worker, task: [Event(worker, "died", "power cut")])
    Driver(again, dies).search()
    after = again.records[trial.trial_id]
    assert dies.begun == [trial.trial_id] * 3
    assert (after.status, after.score) == ("cut", before.score)
    assert "the worker died 3 times: power cut" in after.remark
    assert again.oracle.get_trial(trial.trial_id).status == "COMPLETED"
    assert {"trial": trial.trial_id, "remark": after.remark} in heard
    assert make_runner(tmp_path, trials=1).records[trial.trial_id] == after
    assert again.cut_trials() == []  # Not once more in this sitting.


def test_no_trial_begins_that_cannot_be_evaluated_in_what_is_left(tmp_path):
    now = [0.0]
    runner = make_runner(tmp_path, trials=6)
    runner.budget = runner._starts.budget = Budget(100.0, clock=lambda: now[0])

    def act(crew, worker, task):
        now[0] += 30.0
        runner.judge(task.trial_id, 1.0, score(task.values))
        return None

    crew = PaperCrew(1, act)
    Driver(runner, crew).search()
    assert len(crew.begun) == 3
    assert now[0] == 90.0
    assert runner.budget.estimate(FIRST) == 30.0


def test_workers_without_ray_say_which_install_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'attn-tuner\[ray\]'"):
        Launcher(workers=2)
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
        found = places(workers)
        assert len(found) == workers
        assert sum(map(len, found)) == len(frozenset().union(*found)) <= cores()
        assert {len(place) for place in found} == {share(workers)}
    assert places(cores() + 1) == []


STAYS = """
import os, threading
from attn_tuner.tuning.resources import stay_on
place = frozenset([min(os.sched_getaffinity(0))])
woken, found = threading.Event(), []
def look():
    woken.wait()
    found.append(os.sched_getaffinity(0))
before = threading.Thread(target=look)
before.start()
stay_on(place)
after = threading.Thread(target=look)
after.start()
woken.set()
before.join(), after.join()
assert found == [place, place], found
"""


@on_linux
def test_a_process_stays_on_its_cores_with_all_its_threads():
    subprocess.run([sys.executable, "-c", STAYS], check=True)
