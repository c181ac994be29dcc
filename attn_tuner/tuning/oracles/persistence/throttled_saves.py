"""An oracle's file written no oftener than it must be: it grows with every trial."""

import contextlib
import time
from collections.abc import Callable

from attn_tuner.tuning.oracles.persistence.journal import Journal

PACE = 1.0  # Seconds between two writes where many trials run at once.


class ThrottledSaves:
    """Mixed in before an oracle that knows its `folder`: writes its file once a step at most.

    KerasTuner writes it for each line that changes. Where many trials run at once, `saved_seldom`
    has it written once a second.
    """

    def _make_unhurried(self):
        self._steps = 0  # Methods that change the state and have not returned yet.
        self._owed = False
        self._clock = None
        self._next_write = 0.0

    def save(self):
        if self.__dict__.get("_asking"):
            super().save()
        else:
            self._owed = True
            self._pay()

    @contextlib.contextmanager
    def saved_seldom(self, clock: Callable[[], float] = time.monotonic):
        """For the length of a `with`, the oracle's file is written once a second at most.

        What begins in between is in a journal beside it, what ends in the trials' own files.

        Args:
            clock: returns seconds that never run backwards.
        """
        self._clock, self._next_write = clock, clock()
        try:
            yield
        finally:
            self._clock = None
            self._pay()
            self._journal.clear()

    @contextlib.contextmanager
    def _step(self):
        """For the length of a `with`, what is to be saved is put off to its end."""
        self._steps += 1
        try:
            yield
        finally:
            self._steps -= 1
            self._pay()

    def _pay(self):
        """Writes what is owed, unless there is more to come or it is too soon."""
        if self._steps or not self._owed or (self._clock and self._clock() < self._next_write):
            return
        super().save()
        self._owed = False
        if self._clock:
            self._journal.clear()
            self._next_write = self._clock() + PACE

    def _note(self, line: dict):
        """Keeps in the journal what the oracle's file does not have yet."""
        if self._owed:
            self._journal.add(line)

    @property
    def _journal(self) -> Journal:
        return Journal(self.folder)
