"""Signals that ask for an end: Ctrl-C, SIGTERM of a scheduler, SIGHUP of a closed terminal.

with listening() as signals:
    ...                             # A signal ends this at once, in an orderly way.
    with signals.put_off():
        while not signals.came(): ...   # Here the first is only noted; a second one ends it.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_OUTPUTS = (1, 2)


class Signals:
    """What has come in so far.

    Args:
        exits: whether Ctrl-C ends the program by its exit status, as the other signals do,
            not by KeyboardInterrupt.
    """

    def __init__(self, exits: bool = False):
        self.exits = exits
        self.number: int | None = None
        self._patient = False

    def came(self) -> bool:
        """Whether there was a signal."""
        return self.number is not None

    @property
    def status(self) -> int:
        """The exit status that tells of it: 130 of SIGINT, 143 of SIGTERM, 129 of SIGHUP."""
        return 128 + self.number

    @property
    def name(self) -> str:
        """The signal in words."""
        return "Ctrl-C" if self.number == signal.SIGINT else signal.Signals(self.number).name

    @contextlib.contextmanager
    def put_off(self) -> Iterator[None]:
        """In the block the first signal is only noted."""
        self._patient = True
        try:
            yield
        finally:
            self._patient = False

    def end(self):
        """Raises what ends the program because of the signal."""
        if self.number == signal.SIGINT and not self.exits:
            raise KeyboardInterrupt
        raise SystemExit(self.status)

    def end_if_any(self):
        """Raises what ends the program, where a signal has come."""
        if self.came():
            self.end()

    def take(self, number, frame=None):
        """Takes in a signal; a handler as `signal.signal` wants it."""
        first, self.number = self.number is None, number
        if number == getattr(signal, "SIGHUP", None):
            _leave_the_terminal()
        if not (first and self._patient):
            self.end()
        say(f"{self.name}: ending with the best so far; a second signal ends at once.")


_active: Signals | None = None


@contextlib.contextmanager
def listening(exits: bool = False) -> Iterator[Signals]:
    """Listens for the signals for the length of a `with`; one within another is the same.

    Outside the main thread Python allows no handler, and signals keep their usual meaning. So do
    those that are ignored, as `nohup` has it with SIGHUP.

    Args:
        exits: see `Signals`.
    """
    global _active
    if _active is not None or threading.current_thread() is not threading.main_thread():
        yield _active or Signals(exits)
        return
    _active = signals = Signals(exits)
    before = {}
    try:
        for name in NAMES:
            number = getattr(signal, name, None)
            # Shells ignore SIGINT for what runs in the background; `kill -INT` is still meant.
            if number is None or (name != "SIGINT" and signal.getsignal(number) is signal.SIG_IGN):
                continue
            before[number] = signal.signal(number, signals.take)
        yield signals
    finally:
        _active = None
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def say(sentence: str):
    """Writes a line to standard error; nothing where that is closed."""
    with contextlib.suppress(OSError, RuntimeError, AttributeError):
        os.write(sys.stderr.fileno(), f"{sentence}\n".encode())


def _leave_the_terminal():
    """Sends what is printed nowhere where it would go to a terminal that is closed."""
    for output in _OUTPUTS:
        try:
            os.write(output, b"")
        except OSError:
            with contextlib.suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, output)
                os.close(nowhere)
