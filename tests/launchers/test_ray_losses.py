"""Searches on a Ray cluster of two nodes that loses a worker, a node, its driver."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.ray_pool import RayWorkerPool, started
from tests.support import ROOT
from tests.support.processes import kill_first_worker, left_behind
from tests.support.toy_runner import alone, make_runner, scores
from tests.support.toy_training import prepare_slow, steps_of

pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:.*thread.*:DeprecationWarning")


@pytest.fixture(scope="module")
def nodes(marked):
    """Two nodes with a processor each."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()


def wait_for(condition, process=None):
    until = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < until
        assert process is None or process.poll() is None, "the driver has ended"
        time.sleep(0.05)


def finished(folder) -> dict:
    """What is on disk of the trials that have ended."""
    return {path: path.read_text() for path in Path(folder).glob("run/trial_*/record.json")}


def at_work(folder) -> set[int]:
    """The processes of the workers that have logged a step and are alive."""
    logged = {each for log in folder.glob("run/*/log") for each, _ in steps_of(log.parent)}
    return {each for each in logged if Path(f"/proc/{each}").exists()}


DRIVER = """
import sys
sys.path.insert(0, {root!r})
from tests.support.toy_runner import make_runner
from tests.support.toy_training import prepare_slow
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.process_pool import ProcessWorkerPool
from attn_tuner.tuning.launchers.ray_pool import RayWorkerPool, started
runner = make_runner(sys.argv[1])
if sys.argv[2]:
    with started(2, sys.argv[2]) as ray:
        Driver(runner, RayWorkerPool(ray, prepare_slow, workers=2, threads=1)).search()
else:
    Driver(runner, ProcessWorkerPool(prepare_slow, workers=2, threads=1)).search()
"""


def driver(folder, address="") -> subprocess.Popen:
    program = DRIVER.format(root=str(ROOT))
    return subprocess.Popen([sys.executable, "-c", program, str(folder), address])


def kill_once_a_trial_has_ended(process, folder) -> tuple[dict, set[int]]:
    """Kills the driver; what had ended by then, and the processes of its workers."""
    wait_for(lambda: finished(folder), process)
    process.kill()
    process.wait()
    return finished(folder), at_work(folder)


def goes_on(folder, address, before):
    """The same command ends the search: what had ended is as it was, and nothing is missing."""
    assert driver(folder, address).wait(180) == 0
    assert before.items() <= finished(folder).items()
    assert scores(make_runner(folder)) == alone(folder.parent / "one")


@pytest.mark.slow
def test_a_killed_driver_leaves_its_cluster_free_for_the_same_command(nodes, tmp_path):
    process = driver(tmp_path / "many", nodes.address)
    before, workers = kill_once_a_trial_has_ended(process, tmp_path / "many")
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    goes_on(tmp_path / "many", nodes.address, before)


@pytest.mark.slow
def test_a_killed_driver_of_one_machine_leaves_no_process(marked, tmp_path):
    others = left_behind(marked)
    process = driver(tmp_path / "many")
    before, _ = kill_once_a_trial_has_ended(process, tmp_path / "many")
    wait_for(lambda: sorted(left_behind(marked)) == sorted(others))
    goes_on(tmp_path / "many", "", before)


def test_two_nodes_find_what_one_process_finds_though_a_worker_and_a_node_are_lost(nodes, tmp_path):
    runner = make_runner(tmp_path / "many", trials=8)
    killed, before = [], {}

    def lose():
        kill_first_worker(tmp_path / "many", killed)
        wait_for(lambda: finished(tmp_path / "many") and len(at_work(tmp_path / "many")) == 2)
        before.update(finished(tmp_path / "many"))
        nodes.remove_node(next(iter(nodes.worker_nodes)), allow_graceful=False)

    loser = threading.Thread(target=lose)
    with started(2, nodes.address) as module:
        loser.start()
        Driver(runner, RayWorkerPool(module, prepare_slow, workers=2, threads=1)).search()
        loser.join()
    assert scores(runner) == alone(tmp_path / "one", trials=8)
    assert {record.status for record in runner.records.values()} == {"completed"}
    assert 0 < len(before) < 8  # The node was lost in the middle.
    assert before.items() <= finished(tmp_path / "many").items()
