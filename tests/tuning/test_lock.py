"""Who may search in a run folder."""

import json
import os
import signal
import subprocess
import sys

import pytest

from attn_tuner.errors import RunError
from attn_tuner.tuning.lock import LOCK, held

HOLDER = """
import sys, time
from attn_tuner.tuning.lock import held
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


def test_a_lock_from_another_host_is_left_alone_and_named(tmp_path):
    facts = {"process": 7, "host": "elsewhere", "since": "2020-01-01T00:00:00+00:00"}
    (tmp_path / LOCK).write_text(json.dumps(facts))
    with (
        pytest.raises(RunError, match=r"Process 7 on elsewhere.*remove .*search.lock"),
        held(tmp_path),
    ):
        pass
    assert json.loads((tmp_path / LOCK).read_text()) == facts


def test_the_folder_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), held(tmp_path):
        _ = 1 / 0
    with held(tmp_path):
        pass
