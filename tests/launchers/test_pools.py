"""Searches among Ray workers on this machine, with trainings that compute nothing."""

import threading
import time

import pytest

from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.ray_pool import RayWorkerPool, started
from tests.support.processes import kill_first_worker
from tests.support.toy_runner import alone, make_runner, scores
from tests.support.toy_training import prepare, prepare_deadly, prepare_slow, score, steps_of

pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:.*thread.*:DeprecationWarning")


@pytest.fixture(scope="module")
def cluster(marked):
    """Ray for the tests of this file; it takes seconds to start."""
    with started(4) as module:
        yield module


def test_workers_find_what_one_process_finds_and_lose_nothing_when_one_is_killed(cluster, tmp_path):
    runner = make_runner(tmp_path / "many")
    killed = []
    killer = threading.Thread(target=kill_first_worker, args=(tmp_path / "many", killed))
    killer.start()
    Driver(runner, RayWorkerPool(cluster, prepare_slow, workers=2, threads=1)).search()
    killer.join()
    assert scores(runner) == alone(tmp_path / "one")
    assert {record.status for record in runner.records.values()} == {"completed"}
    folder, process = killed[0]
    steps = steps_of(folder)
    assert process != steps[-1][0]  # Another worker went on,
    assert [step for _, step in steps].count(0) == 1  # but not from the beginning.
    logs = [(log.parent / "log").read_text() for log in (tmp_path / "many").glob("run/*/log")]
    assert {line.split()[2] for text in logs for line in text.splitlines()} == {"1"}


def test_a_trial_that_kills_its_worker_is_recorded_and_the_search_goes_on(cluster, tmp_path):
    runner = make_runner(tmp_path)
    Driver(
        runner, RayWorkerPool(cluster, prepare_deadly, workers=2, threads=1), max_retries=1
    ).search()
    expected = {
        name: "failed" if score(runner.lifecycle.spec_of(trial).values) < 1 / 3 else "completed"
        for name, trial in runner.oracle.trials.items()
    }
    assert {name: record.status for name, record in runner.records.items()} == expected
    assert "failed" in expected.values()
    failed = next(record for record in runner.records.values() if record.status == "failed")
    assert failed.stopped.startswith("the worker died 2 times: ")


def test_the_time_is_kept_by_all_workers_and_the_search_goes_on_later(cluster, tmp_path):
    runner = make_runner(tmp_path, trials=4)
    began = time.monotonic()
    runner.scheduler.interrupted = lambda: bool(list(tmp_path.glob("run/trial_*/steps")))
    Driver(runner, RayWorkerPool(cluster, prepare_slow, workers=2, threads=1)).search()
    assert time.monotonic() - began < 30
    assert {record.status for record in runner.records.values()} == {"cut"}
    again = make_runner(tmp_path, trials=4)
    Driver(again, RayWorkerPool(cluster, prepare, workers=2, threads=1)).search()
    assert set(again.records) == {"0", "1", "2", "3"}
