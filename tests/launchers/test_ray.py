"""Searches among Ray workers on this machine, with trainings that compute nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from toy_runner import make_runner, scores
from toy_training import prepare, prepare_deadly, prepare_slow, score, steps_of

from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.on_ray import RayCrew, started

ray = pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:.*thread.*:DeprecationWarning")
TOYS = str(Path(__file__).parent)


@pytest.fixture(autouse=True)
def toys_are_found(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", TOYS)


@pytest.fixture(scope="module")
def cluster():
    """Ray for the tests of this file; it takes seconds to start."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = TOYS
    with started(4) as module:
        yield module
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


def alone(folder, **options):
    """The scores that one process finds, one trial after the other."""
    runner = make_runner(folder, **options)
    while True:
        trial = runner.next_trial()
        if trial.status == "STOPPED":
            return {
                name: score(runner.task_of(each).values)
                for name, each in runner.oracle.trials.items()
            }
        runner.fail(trial, "not trained", "")
        runner.oracle.end_trial(trial)


def kill_first_worker(folder, killed):
    """Kills the process of the first step that is logged, once."""
    while not killed:
        for log in Path(folder).glob("run/trial_*/log"):
            lines = log.read_text().splitlines()
            if len(lines) >= 2:
                killed.append((log.parent, int(lines[-1].split()[0])))
                os.kill(killed[0][1], signal.SIGKILL)
                return
        time.sleep(0.02)


def test_workers_find_what_one_process_finds_and_lose_nothing_when_one_is_killed(cluster, tmp_path):
    runner = make_runner(tmp_path / "many")
    killed = []
    killer = threading.Thread(target=kill_first_worker, args=(tmp_path / "many", killed))
    killer.start()
    Driver(runner, RayCrew(cluster, prepare_slow, workers=2, threads=1)).search()
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
    Driver(runner, RayCrew(cluster, prepare_deadly, workers=2, threads=1), max_retries=1).search()
    expected = {
        name: "failed" if score(runner.task_of(trial).values) < 1 / 3 else "completed"
        for name, trial in runner.oracle.trials.items()
    }
    assert {name: record.status for name, record in runner.records.items()} == expected
    assert "failed" in expected.values()
    failed = next(record for record in runner.records.values() if record.status == "failed")
    assert failed.stopped.startswith("the worker died 2 times: ")


def test_the_time_is_kept_by_all_workers_and_the_search_goes_on_later(cluster, tmp_path):
    runner = make_runner(tmp_path, trials=4)
    began = time.monotonic()
    runner.interrupted = lambda: bool(list(tmp_path.glob("run/trial_*/steps")))
    Driver(runner, RayCrew(cluster, prepare_slow, workers=2, threads=1)).search()
    assert time.monotonic() - began < 30
    assert {record.status for record in runner.records.values()} == {"cut"}
    again = make_runner(tmp_path, trials=4)
    Driver(again, RayCrew(cluster, prepare, workers=2, threads=1)).search()
    assert set(again.records) == {"0", "1", "2", "3"}


DRIVER = """
import sys
sys.path.insert(0, {toys!r})
from toy_runner import make_runner
from toy_training import prepare_slow
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.on_ray import RayCrew, started
runner = make_runner(sys.argv[1])
with started(2) as ray:
    Driver(runner, RayCrew(ray, prepare_slow, workers=2, threads=1)).search()
"""


@pytest.mark.slow
def test_a_killed_driver_leaves_no_process_and_the_same_command_goes_on(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", DRIVER.format(toys=TOYS), str(tmp_path)])
    logs = []
    while not logs:
        assert process.poll() is None
        time.sleep(0.1)
        logs = [log for log in tmp_path.glob("run/trial_*/log") if log.read_text().count("\n") > 1]
    workers = {process for log in logs for process, _ in steps_of(log.parent)}
    process.kill()
    process.wait()
    until = time.monotonic() + 60
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < until, "a worker outlived its driver"
        time.sleep(0.2)
    subprocess.run(
        [sys.executable, "-c", DRIVER.format(toys=TOYS), str(tmp_path)], check=True, timeout=180
    )
    again = make_runner(tmp_path)
    assert scores(again) == alone(tmp_path / "one")


@pytest.mark.slow
def test_a_lost_node_loses_no_trial(tmp_path):
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    lost = nodes.add_node(num_cpus=1)
    try:
        ray.init(address=nodes.address, log_to_driver=False)
        runner = make_runner(tmp_path / "many")

        def lose():
            while len(list(tmp_path.glob("many/run/trial_*/log"))) < 2:
                time.sleep(0.1)
            nodes.remove_node(lost, allow_graceful=False)

        loser = threading.Thread(target=lose)
        loser.start()
        with started(2) as module:
            Driver(runner, RayCrew(module, prepare_slow, workers=2, threads=1)).search()
        loser.join()
        assert scores(runner) == alone(tmp_path / "one")
    finally:
        ray.shutdown()
        nodes.shutdown()
