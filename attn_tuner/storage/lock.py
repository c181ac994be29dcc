"""Locks a run folder, so that one search at a time works in it."""

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

from attn_tuner.errors import RunError
from attn_tuner.storage.atomic_files import draft, writing
from attn_tuner.storage.layout import LOCK

BEAT = 30.0  # Seconds between two signs of life.
MISSED = 10  # Signs of life that are missed before the owner counts as dead.


@contextlib.contextmanager
def held(
    directory: str | Path, clock: Callable[[], float] | None = None, beat: float = BEAT
) -> Iterator[str | None]:
    """Locks the run folder for this process, for the length of a `with`.

    The lock file names the owner: process, host and time. The owner touches it every `beat`
    seconds. If the owner has died on this host, the system has released the file and the lock is
    taken over. So is a lock of another host that was not touched for `MISSED` beats.

    Args:
        directory: the run folder.
        clock: returns the present time in seconds; by default the time of the folder's file
            system, which all hosts share.
        beat: seconds between two signs of life.

    Yields:
        A sentence where another host's lock was taken over, else None.

    Raises:
        RunError: another search holds the folder, or may do so on another host.
        Unwritable: the lock cannot be written.
    """
    path = Path(directory) / LOCK
    with contextlib.ExitStack() as stack:
        with writing(path):
            age = _age(path, clock)
            file = stack.enter_context(path.open("a+", encoding="utf-8"))
        if not _own(file):
            raise RunError(
                f"{_owner(path)} is searching in {directory}. Wait until it ends, or choose "
                "another folder."
            )
        said = None
        if _facts(path).get("host", socket.gethostname()) != socket.gethostname():
            left = MISSED * beat - age
            if left > 0:
                raise RunError(
                    f"{_owner(path)} was active {age:.0f} seconds ago in {directory}. Wait until "
                    f"it ends, or choose another folder. If it was killed, its lock expires in "
                    f"{left:.0f} seconds; to continue at once, delete {path}."
                )
            said = (
                f"{_owner(path)} has been silent for {age:.0f} seconds. It counts as ended, and "
                "its search continues here."
            )
        with writing(path):
            facts = _write(file)
        with _beating(path, facts, beat):
            try:
                yield said
            finally:
                if _facts(path) == facts:
                    path.unlink(missing_ok=True)


def owner(directory: str | Path) -> dict:
    """Returns who searches in a run folder: process, host, since. Empty without a search.

    An owner on this host counts as long as its process lives, one of another host for `MISSED`
    beats after its last sign of life. Nothing is written.
    """
    path = Path(directory) / LOCK
    facts = _facts(path)
    try:
        here = facts.get("host") == socket.gethostname()
        lives = _lives(facts["process"]) if here else _age(path, time.time) < MISSED * BEAT
    except (OSError, KeyError):
        return {}  # No lock, or one that was released just now.
    return facts if lives else {}


def _lives(process: int) -> bool:
    if os.name == "nt":  # There, signal 0 is Ctrl-C.
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # Somebody else's.
        return True
    return True


@contextlib.contextmanager
def _beating(path: Path, facts: dict, beat: float) -> Iterator[None]:
    """Touches the lock regularly in the block, as long as this process owns it."""
    ended = threading.Event()

    def touch():
        while not ended.wait(beat) and _facts(path) == facts:
            with contextlib.suppress(OSError):
                os.utime(path)

    thread = threading.Thread(target=touch, daemon=True, name="sign of life")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _age(path: Path, clock) -> float:
    """Returns the seconds since the lock was touched; 0 without a lock."""
    if not path.exists():
        return 0.0
    touched = path.stat().st_mtime
    if clock is None:
        with draft(path) as probe:  # Its time is by the same clock as that of the lock.
            return probe.stat().st_mtime - touched
    return clock() - touched


def _own(file) -> bool:
    """Locks the open file, and returns whether that was possible."""
    try:
        import fcntl
    except ImportError:  # Windows has no flock; there the folder is not guarded.
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # An owner that ended just now has removed the file that was opened here.
        return os.path.samestat(os.fstat(file.fileno()), os.stat(file.name))
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:  # A file system without locks.
        return True


def _write(file) -> dict:
    file.truncate(0)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    facts = {"process": os.getpid(), "host": socket.gethostname(), "since": now}
    json.dump(facts, file)
    file.flush()
    return facts


def _facts(path) -> dict:
    """Reads who holds the lock; empty where the file does not say so."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = isinstance(facts, dict) and {"process", "host", "since"} <= set(facts)
    return facts if known else {}


def _owner(path) -> str:
    facts = _facts(path)
    if not facts:
        return "Another process"
    return f"Process {facts['process']} on {facts['host']}, begun {facts['since']},"
