"""Asks a running search to end as Ctrl-C does, through a file in its run folder.

request_stop("runs/reviews")                     # From any process that sees the folder.

with StopRequest("runs/reviews") as stop:        # In the search, which holds the lock.
    while not stop.received(): ...

The file names the search that it is meant for, so that it never ends a later one.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from attn_tuner.errors import RunError
from attn_tuner.storage.atomic_files import read_json, write_json
from attn_tuner.storage.layout import STOP
from attn_tuner.storage.lock import owner

POLL = 0.5  # Seconds between two looks at the folder, which may be on a network.


def request_stop(directory: str | Path) -> None:
    """Asks the search in a run folder to end with its best model so far. Does not wait for it.

    Args:
        directory: the run folder.

    Raises:
        RunError: no search runs there.
        Unwritable: the folder may not be written.
    """
    searching = owner(directory)
    if not searching:
        raise RunError(f"No search runs in {directory}, so there is none to end.")
    write_json(Path(directory) / STOP, searching)


def stop_requested(directory: str | Path) -> bool:
    """Returns whether the search that runs in a run folder was asked to end."""
    searching = owner(directory)
    return bool(searching) and _requested(Path(directory) / STOP) == searching


class StopRequest:
    """Tells the search in a run folder whether it was asked to end; use it in a `with`.

    Args:
        directory: the run folder; this process holds its lock.
        say: called once with a sentence when a request has come.
        clock: returns seconds that never run backwards.
    """

    def __init__(
        self,
        directory: str | Path,
        say: Callable[[str], object] = lambda said: None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._path = Path(directory) / STOP
        self._own = owner(directory)
        self._say = say
        self._clock = clock
        self._next = 0.0
        self._received = False

    def received(self) -> bool:
        """Returns whether a request has come; looks at most every `POLL` seconds."""
        now = self._clock()
        if self._received or now < self._next:
            return self._received
        self._next = now + POLL
        self._received = bool(self._own) and _requested(self._path) == self._own
        if self._received:
            self._say("The page asked the search to end: ending with the best model so far.")
        return self._received

    def __enter__(self) -> "StopRequest":
        return self

    def __exit__(self, *problem) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _requested(path: Path) -> dict:
    """Reads which search is asked to end; empty without a whole request."""
    try:
        found = read_json(path)
    except (OSError, ValueError, RunError):
        return {}
    return found if isinstance(found, dict) else {}
