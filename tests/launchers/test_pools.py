"""Searches among workers of every kind on this machine, with trainings that compute nothing."""

import contextlib
import threading
import time

import keras
import pytest

from attn_tuner.attention import heads
from attn_tuner.attention.controls import MeanHead
from attn_tuner.errors import RunError
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.process_pool import ProcessLauncher, ProcessWorkerPool
from attn_tuner.tuning.launchers.ray_pool import RayWorkerPool, started
from attn_tuner.tuning.launchers.worker_pool import WorkerOptions
from tests.support import toy_training
from tests.support.colours import QUICK, quick_search
from tests.support.processes import kill_first_worker
from tests.support.toy_runner import alone, make_runner, scores
from tests.support.toy_training import prepare, prepare_deadly, prepare_slow, score, steps_of

pytestmark = pytest.mark.filterwarnings("ignore:.*thread.*:DeprecationWarning")


@pytest.fixture(scope="module", params=["processes", "ray"])
def pool(request, marked):
    """Makes two workers of one thread each of what prepares the training."""
    if request.param == "processes":
        yield lambda prepare: ProcessWorkerPool(prepare, workers=2, threads=1)
        return
    pytest.importorskip("ray", reason="Ray is not installed")
    with started(4) as ray:  # Once: it takes seconds to start.
        yield lambda prepare: RayWorkerPool(ray, prepare, workers=2, threads=1)


def test_workers_find_what_one_process_finds_and_lose_nothing_when_one_is_killed(pool, tmp_path):
    runner = make_runner(tmp_path / "many")
    killed = []
    killer = threading.Thread(target=kill_first_worker, args=(tmp_path / "many", killed))
    killer.start()
    Driver(runner, pool(prepare_slow)).search()
    killer.join()
    assert scores(runner) == alone(tmp_path / "one")
    assert {record.status for record in runner.records.values()} == {"completed"}
    folder, process = killed[0]
    steps = steps_of(folder)
    assert process != steps[-1][0]  # Another worker went on,
    assert [step for _, step in steps].count(0) == 1  # but not from the beginning.
    logs = [(log.parent / "log").read_text() for log in (tmp_path / "many").glob("run/*/log")]
    assert {line.split()[2] for text in logs for line in text.splitlines()} == {"1"}


def test_processes_that_were_started_early_become_the_workers(marked):
    launcher = ProcessLauncher(WorkerOptions(workers=2))
    with launcher.early():
        early = list(launcher._early)
        assert len(early) == 2
        with launcher.start(prepare) as pool, contextlib.closing(pool):
            while len(pool.idle()) < 2:
                pool.wait(1.0)
            assert {each.process for each in pool._workers.values()} == set(early)
    assert not launcher._early


def test_processes_that_no_pool_needed_end(marked):
    launcher = ProcessLauncher(WorkerOptions(workers=2))
    with launcher.early():
        early = list(launcher._early)
    assert all(each.poll() is not None for each in early)


def test_a_trial_that_kills_its_worker_is_recorded_and_the_search_goes_on(pool, tmp_path):
    runner = make_runner(tmp_path)
    Driver(runner, pool(prepare_deadly), max_retries=1).search()
    expected = {
        name: "failed" if score(runner.lifecycle.spec_of(trial).values) < 1 / 3 else "completed"
        for name, trial in runner.oracle.trials.items()
    }
    assert {name: record.status for name, record in runner.records.items()} == expected
    assert "failed" in expected.values()
    failed = next(record for record in runner.records.values() if record.status == "failed")
    assert failed.stopped.startswith("the worker died 2 times: ")


def test_the_time_is_kept_by_all_workers_and_the_search_goes_on_later(pool, tmp_path):
    runner = make_runner(tmp_path, trials=4)
    began = time.monotonic()
    runner.scheduler.interrupted = lambda: bool(list(tmp_path.glob("run/trial_*/steps")))
    Driver(runner, pool(prepare_slow)).search()
    assert time.monotonic() - began < 30
    assert {record.status for record in runner.records.values()} == {"cut"}
    again = make_runner(tmp_path, trials=4)
    Driver(again, pool(prepare)).search()
    assert set(again.records) == {"0", "1", "2", "3"}


def test_workers_that_cannot_start_end_the_search_with_what_they_said(marked, tmp_path):
    def prepare():
        raise ImportError("No module named 'of_yours'")

    runner = make_runner(tmp_path)
    with pytest.raises(RunError, match=r"cannot be started: .*No module named 'of_yours'"):
        Driver(runner, ProcessWorkerPool(prepare, workers=1, threads=1)).search()
    assert not runner.records


def test_what_cannot_travel_is_refused_before_a_worker_starts():
    lock = threading.Lock()
    with pytest.raises(RunError, match=r"cannot be sent to another process.*workers=1"):
        ProcessWorkerPool(lambda: lock, workers=1)


def test_what_a_training_prints_stays_out_of_the_messages(marked, tmp_path):
    def prepare():
        def train(spec, callbacks):
            print("a library says hello", flush=True)
            return toy_training.train(spec, callbacks)

        return train

    runner = make_runner(tmp_path, trials=2)
    Driver(runner, ProcessWorkerPool(prepare, workers=1, threads=1)).search()
    assert {record.status for record in runner.records.values()} == {"completed"}


@keras.saving.register_keras_serializable("tests")
class HeadOfThisFile(MeanHead):
    """A head that only a user's script knows."""


def test_a_search_among_workers_of_this_machine_exports_its_best(tmp_path):
    heads.register("of_this_file")(HeadOfThisFile)
    try:
        space = {**QUICK, "head": ["of_this_file"]}
        result = quick_search(tmp_path / "run", workers=2, max_trials=3, space=space)
    finally:
        del heads._variants["of_this_file"]
    assert {record.status for record in result.run.records} <= {"completed", "pruned"}
    assert len(result.run.records) == 3
    assert result.predict(["a red box"])
