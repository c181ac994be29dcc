"""One search at a time in a run folder."""

import contextlib
import json
import os
import socket
from datetime import datetime, timezone
from pathlib import Path

from attn_tuner.errors import RunError

LOCK = "search.lock"


@contextlib.contextmanager
def held(directory):
    """Holds the run folder for this process, for the length of a `with`.

    The lock file says who holds it: process, host and time. Where the owner has died on this host
    the system has let go of its file, and the lock is taken over.

    Raises:
        RunError: another search holds the folder, or did on another host.
    """
    path = Path(directory) / LOCK
    with path.open("a+", encoding="utf-8") as file:
        if not _own(file):
            raise RunError(
                f"{_owner(path)} is searching in {directory}. Wait for its end, or take another "
                "folder."
            )
        before = _facts(path)
        if before.get("host", socket.gethostname()) != socket.gethostname():
            raise RunError(
                f"{_owner(path)} was searching in {directory}, and from here nobody can tell "
                f"whether it still is. If it is not, remove {path}."
            )
        _write(file)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _own(file) -> bool:
    """Locks the open file, unless another one that is open has it locked."""
    try:
        import fcntl
    except ImportError:  # Windows has no flock; there the folder is not guarded.
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever let go just now has removed the file that was opened here.
        return os.path.samestat(os.fstat(file.fileno()), os.stat(file.name))
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:  # A file system without locks.
        return True


def _write(file):
    file.truncate(0)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    json.dump({"process": os.getpid(), "host": socket.gethostname(), "since": now}, file)
    file.flush()


def _facts(path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _owner(path) -> str:
    facts = _facts(path)
    if not facts:
        return "Another process"
    return f"Process {facts['process']} on {facts['host']}, begun {facts['since']},"
