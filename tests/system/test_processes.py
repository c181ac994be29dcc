"""Children that end with their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attn_tuner.system.processes import module_command, script_command

ALL = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
PARENT = """
import signal, subprocess, sys, time
for each in (signal.SIGINT, signal.SIGHUP):
    signal.signal(each, signal.SIG_DFL)
from attn_tuner.system.processes import script_command
child = subprocess.Popen(script_command(sys.argv[1]), stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""
CHILD = "import time; print('up', flush=True); time.sleep(600)"


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def parent(tmp_path):
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(script)], stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", ALL, ids=lambda number: number.name)
def test_a_child_is_gone_soon_after_its_parent(parent, number):
    child = int(parent.stdout.readline())
    assert lives(child)
    parent.send_signal(number)
    parent.wait()
    until = time.monotonic() + 5
    while lives(child):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_child_whose_parent_has_ended_already_does_not_begin(tmp_path):
    (tmp_path / "child.py").write_text("print('begun')")
    command = script_command(tmp_path / "child.py")
    command[command.index(str(os.getpid()))] = str(os.getppid())
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_ends_with_another_that_is_not_its_parent(parent):
    int(parent.stdout.readline())
    program = (
        "import sys, time; from attn_tuner.system.processes import end_with\n"
        "end_with(int(sys.argv[1])); print('up', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(parent.pid)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "up\n"
    parent.kill()  # Nobody has waited for it yet: it is still in the list of processes.
    assert other.wait(timeout=5) == 1
    other.communicate()


def test_a_child_takes_no_signal_that_is_sent_to_the_whole_job(tmp_path):
    (tmp_path / "child.py").write_text("print('up', flush=True); print(input())")
    child = subprocess.Popen(
        script_command(tmp_path / "child.py"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "up\n"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        child.send_signal(number)
    assert child.communicate("still here\n")[0] == "still here\n"
    assert child.returncode == 0


def test_a_module_is_run_as_it_is_here_whatever_lies_in_the_current_folder(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong one')")
    (tmp_path / "attn_tuner").mkdir()
    (tmp_path / "attn_tuner" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    done = subprocess.run(
        module_command("attn_tuner.registry"), cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_process_that_the_package_starts_watches_its_parent():
    package = Path(sys.modules["attn_tuner"].__file__).parent
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name != "processes.py":
            assert "sys.executable" not in text, f"{path}: use attn_tuner.system.processes"


def test_a_folder_of_our_name_in_the_current_one_does_not_run(tmp_path):
    for name in ("attn_tuner/__init__.py", "attn_tuner/errors.py", "json.py", "runpy.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("print('RAN')\n")
    command = module_command("attn_tuner.errors")
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "RAN" not in done.stdout
