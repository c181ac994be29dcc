"""Who may search in a run folder."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from attn_tuner.errors import RunError
from attn_tuner.storage.layout import LOCK
from attn_tuner.storage.lock import BEAT, MISSED, held

HOLDER = """
import sys, time
from attn_tuner.storage.lock import held
with held(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_search_in_the_folder_is_refused_by_the_name_of_the_first(tmp_path, holder):
    with (
        pytest.raises(RunError, match=rf"Process {holder.pid} on .+ is searching in"),
        held(tmp_path),
    ):
        pass
    assert json.loads((tmp_path / LOCK).read_text())["process"] == holder.pid


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with held(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text())["process"] == os.getpid()
    assert not (tmp_path / LOCK).exists()


def lock_of_another_host(folder, name="elsewhere") -> float:
    """Leaves a lock as another host would, and returns the time at which it was touched."""
    facts = {"process": 7, "host": name, "since": "2020-01-01T00:00:00+00:00"}
    (folder / LOCK).write_text(json.dumps(facts))
    return (folder / LOCK).stat().st_mtime


@pytest.mark.parametrize("age", [0, 1, MISSED * BEAT - 1])
def test_a_lock_from_another_host_that_gave_a_sign_of_life_is_left_alone(tmp_path, age):
    touched = lock_of_another_host(tmp_path)
    before = (tmp_path / LOCK).read_text()
    with (
        pytest.raises(RunError, match=r"Process 7 on elsewhere.*expires in .*delete .*lock"),
        held(tmp_path, clock=lambda: touched + age),
    ):
        pass
    assert (tmp_path / LOCK).read_text() == before


def test_a_lock_from_another_host_without_a_sign_of_life_is_taken_over(tmp_path):
    touched = lock_of_another_host(tmp_path)
    with held(tmp_path, clock=lambda: touched + MISSED * BEAT + 1) as said:
        assert "Process 7 on elsewhere" in said
        assert "301 seconds" in said
        assert json.loads((tmp_path / LOCK).read_text())["process"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_by_the_clock_of_the_folder_a_lock_just_written_is_young(tmp_path):
    touched = lock_of_another_host(tmp_path)
    with pytest.raises(RunError, match="was active 0 seconds ago"), held(tmp_path):
        pass
    os.utime(tmp_path / LOCK, (touched - 1000, touched - 1000))
    with held(tmp_path) as said:
        assert said


def test_the_owner_gives_signs_of_life(tmp_path):
    with held(tmp_path, beat=0.01) as said:
        assert said is None
        os.utime(tmp_path / LOCK, (0, 0))
        until = time.monotonic() + 30
        while not (tmp_path / LOCK).stat().st_mtime:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_an_owner_who_was_taken_for_dead_leaves_the_lock_to_the_other(tmp_path):
    with held(tmp_path, beat=0.01):
        lock_of_another_host(tmp_path)
        os.utime(tmp_path / LOCK, (0, 0))
        time.sleep(0.1)
        assert (tmp_path / LOCK).stat().st_mtime == 0
    assert json.loads((tmp_path / LOCK).read_text())["host"] == "elsewhere"


def test_the_folder_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), held(tmp_path):
        _ = 1 / 0
    with held(tmp_path):
        pass
