"""Processes that are killed on purpose, and the search for those that were left behind."""

import os
import signal
import time
from pathlib import Path

MARK = "ATTN_TUNER_TEST"  # An environment variable, which what a test starts inherits.


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


def left_behind(mark: str) -> list[str]:
    """Command lines of the processes that were started under the mark and still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
            if f"{MARK}={mark}".encode() in environment.split(b"\0"):
                found.append((process / "cmdline").read_text().replace("\0", " ")[:200])
        except OSError:  # It has ended since, or is another user's.
            continue
    return found


def wait_until_gone(mark: str, seconds: float = 60.0):
    """Fails where a process outlives all others of the mark."""
    until = time.monotonic() + seconds
    while left := left_behind(mark):
        assert time.monotonic() < until, f"left behind: {left}"
        time.sleep(0.2)
