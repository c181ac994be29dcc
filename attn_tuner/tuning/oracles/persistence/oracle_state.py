"""Writes the file of an oracle's state atomically and no more often than needed."""

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
    """Writes the file of an oracle's state, which grows with every trial.

        state = OracleState(oracle.get_state, oracle.save)
        with state.step():
            ...                 # All saves of the oracle in here are written once, at the end.

    KerasTuner saves after every change. With many workers, `seldom` limits writing to once a
    second, and a journal holds what is newer.

    Args:
        get_state: function that returns the state, for JSON.
        save: the oracle's `save`, which calls `request` with the path of the file.
    """

    def __init__(self, get_state: Callable[[], dict], save: Callable[[], None]):
        self._get_state = get_state
        self._save = save
        self._path: Path | None = None
        self._locating = False
        self._steps = 0  # Open `step` blocks.
        self._due = False
        self._clock: Callable[[], float] | None = None
        self._next_write = 0.0

    @property
    def folder(self) -> Path:
        """The run folder; known once a tuner has the oracle."""
        if self._path is None:
            # KerasTuner passes the folder to an oracle only as a part of the path of its file.
            self._locating = True
            try:
                self._save()
            finally:
                self._locating = False
        return self._path.parent

    @property
    def journal(self) -> Journal:
        """The journal of trials that have begun since the file was written."""
        return Journal(self.folder)

    @property
    def behind(self) -> bool:
        """Whether the file lacks the last changes."""
        return self._due

    def request(self, path: str | PathLike) -> None:
        """Called by `save` with the path of the file; writes it now or later."""
        self._path = Path(path)
        if not self._locating:
            self._due = True
            self._write_if_due()

    def note(self, line: dict) -> None:
        """Adds a line to the journal if the file is not up to date."""
        if self._due:
            self.journal.add(line)

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """Delays writing to the end of a `with` block."""
        self._steps += 1
        try:
            yield
        finally:
            self._steps -= 1
            self._write_if_due()

    @contextlib.contextmanager
    def seldom(self, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
        """Writes the file at most once a second, for the length of a `with` block.

        In between, the journal holds the trials that have begun, and the trials' own files those
        that have ended.

        Args:
            clock: function that returns monotonic seconds.
        """
        self._clock, self._next_write = clock, clock()
        try:
            yield
        finally:
            self._clock = None
            self._write_if_due()
            self.journal.clear()

    def _write_if_due(self) -> None:
        """Writes the file if it is due and neither `step` nor `seldom` delays it."""
        if self._steps or not self._due or (self._clock and self._clock() < self._next_write):
            return
        write_text(self._path, json.dumps(self._get_state()))
        self._due = False
        if self._clock:
            self.journal.clear()
            self._next_write = self._clock() + WRITE_INTERVAL


class HeldState(AtomicState):
    """The last base of an oracle with an `OracleState`; passes its saves on to that."""

    def save(self, fname: str | PathLike) -> str | None:
        if "://" in str(fname):
            return super().save(fname)
        return self._state.request(fname)
