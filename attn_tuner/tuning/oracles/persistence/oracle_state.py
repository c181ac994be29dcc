"""The file that holds an oracle's state, written whole and no oftener than it must be."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path

from attn_tuner.storage.atomic_files import write_text
from attn_tuner.tuning.oracles.persistence.atomic_state import AtomicState
from attn_tuner.tuning.oracles.persistence.journal import Journal

WRITE_INTERVAL = 1.0  # Seconds between two writes where many trials run at once.


class OracleState:
    """Writes the file of one oracle, which grows with every trial.

        state = OracleState(oracle.get_state, oracle.save)
        with state.step():
            ...                 # Whatever the oracle saves in here is written once, at the end.

    KerasTuner asks for a write for each line that changes. Where many trials run at once,
    `seldom` has the file written once a second; a journal beside it has what is newer.

    Args:
        get_state: returns what the file is to hold, for JSON.
        save: the oracle's `save`, which calls `request` with the name of the file.
    """

    def __init__(self, get_state: Callable[[], dict], save: Callable[[], None]):
        self._get_state = get_state
        self._save = save
        self._path: Path | None = None
        self._locating = False
        self._steps = 0  # Methods that change the state and have not returned yet.
        self._due = False
        self._clock: Callable[[], float] | None = None
        self._next_write = 0.0

    @property
    def folder(self) -> Path:
        """The run folder, known once a tuner has taken the oracle."""
        if self._path is None:
            # KerasTuner tells an oracle its folder only in the name under which it is to save.
            self._locating = True
            try:
                self._save()
            finally:
                self._locating = False
        return self._path.parent

    @property
    def journal(self) -> Journal:
        """What the oracle has begun since its file was written."""
        return Journal(self.folder)

    @property
    def behind(self) -> bool:
        """Whether the file lacks the last changes."""
        return self._due

    def request(self, path: str | PathLike) -> None:
        """Takes in that the state has changed; writes it at `path`, now or later."""
        self._path = Path(path)
        if not self._locating:
            self._due = True
            self._write_if_due()

    def note(self, line: dict) -> None:
        """Keeps a line in the journal where the file is behind."""
        if self._due:
            self.journal.add(line)

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """Puts writing off to the end of a `with`."""
        self._steps += 1
        try:
            yield
        finally:
            self._steps -= 1
            self._write_if_due()

    @contextlib.contextmanager
    def seldom(self, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
        """Writes the file once a second at most, for the length of a `with`.

        What begins in between is in the journal, what ends in the trials' own files.

        Args:
            clock: returns seconds that never run backwards.
        """
        self._clock, self._next_write = clock, clock()
        try:
            yield
        finally:
            self._clock = None
            self._write_if_due()
            self.journal.clear()

    def _write_if_due(self):
        """Writes what is due, unless there is more to come or it is too soon."""
        if self._steps or not self._due or (self._clock and self._clock() < self._next_write):
            return
        write_text(self._path, json.dumps(self._get_state()))
        self._due = False
        if self._clock:
            self.journal.clear()
            self._next_write = self._clock() + WRITE_INTERVAL


class HeldState(AtomicState):
    """The last base of an oracle that holds an `OracleState`, to which its saves go."""

    def save(self, fname: str | PathLike) -> str | None:
        if "://" in str(fname):
            return super().save(fname)
        return self._state.request(fname)
