"""Handles signals that ask for an end: Ctrl-C, SIGTERM of a scheduler, SIGHUP of a closed terminal.

with handle_signals() as signals:
    ...                                 # A signal ends the program, after cleanup.
    with signals.defer():
        while not signals.received(): ...   # The first signal is only noted; a second one ends it.
"""

import contextlib
import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

SIGNAL_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_OUTPUTS = (1, 2)
_REPEAT_SECONDS = 0.05  # Until a signal is sent again whose exception was dropped.
_PATIENCE_SECONDS = 10.0  # For an exit, after which its signal is sent again.


class Signals:
    """The signals received so far.

    Args:
        exits: bool, whether Ctrl-C raises SystemExit, as other signals do, instead of
            KeyboardInterrupt.
    """

    def __init__(self, exits: bool = False):
        self.exits = exits
        self.number: int | None = None
        self._deferring = False
        self._timer: threading.Timer | None = None

    def received(self) -> bool:
        """Returns whether there was a signal."""
        return self.number is not None

    @property
    def status(self) -> int:
        """Exit status for the signal: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + (self.number or 0)

    @property
    def name(self) -> str:
        """Name of the signal."""
        return "Ctrl-C" if self.number == signal.SIGINT else signal.Signals(self.number).name

    @contextlib.contextmanager
    def defer(self) -> Iterator[None]:
        """Only notes the first signal within the block."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False

    def raise_exit(self) -> NoReturn:
        """Raises KeyboardInterrupt or SystemExit because of the signal."""
        if self.number == signal.SIGINT and not self.exits:
            raise KeyboardInterrupt
        raise SystemExit(self.status)

    def send_again(self, seconds: float) -> None:
        """Sends the signal again after so many seconds, unless `forget` is called before.

        Python drops an exception that is raised inside a `__del__` or a callback of the garbage
        collector, and a library may turn it into one of its own.
        """
        self.forget()
        self._timer = threading.Timer(seconds, os.kill, (os.getpid(), self.number))
        self._timer.daemon = True
        self._timer.start()

    def forget(self) -> None:
        """Sends no signal again."""
        if self._timer:
            self._timer.cancel()

    def raise_if_received(self) -> None:
        """Raises KeyboardInterrupt or SystemExit if a signal was received."""
        if self.received():
            self.raise_exit()

    def handle(self, number: int, frame: FrameType | None = None) -> None:
        """Handles a signal; registered with `signal.signal`."""
        first, self.number = self.number is None, number
        if number == getattr(signal, "SIGHUP", None):
            _leave_closed_terminal()
        if not (first and self._deferring):
            self.send_again(_PATIENCE_SECONDS)
            self.raise_exit()
        write_stderr(
            f"{self.name}: stopping with the best model so far. A second signal stops at once."
        )


_active: Signals | None = None


@contextlib.contextmanager
def handle_signals(exits: bool = False) -> Iterator[Signals]:
    """Handles signals within a `with` block; nested blocks share one `Signals`.

    Outside the main thread Python allows no handlers, and signals keep their meaning. So do signals
    that are ignored, such as SIGHUP under `nohup`.

    Args:
        exits: see `Signals`.
    """
    global _active
    if _active is not None or threading.current_thread() is not threading.main_thread():
        yield _active or Signals(exits)
        return
    _active = signals = Signals(exits)
    before, unraisable = {}, sys.unraisablehook
    try:
        sys.unraisablehook = functools.partial(_repeat_lost_exit, signals, unraisable)
        for name in SIGNAL_NAMES:
            number = getattr(signal, name, None)
            # Shells ignore SIGINT for background jobs, but `kill -INT` should still work.
            if number is None or (name != "SIGINT" and signal.getsignal(number) is signal.SIG_IGN):
                continue
            before[number] = signal.signal(number, signals.handle)
        yield signals
    finally:
        _active = None
        signals.forget()
        sys.unraisablehook = unraisable
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _repeat_lost_exit(
    signals: Signals, usual: Callable[[Any], object], unraisable: "sys.UnraisableHookArgs"
) -> None:
    """Sends a signal again whose exception Python dropped, once this call is over."""
    if signals.number is None or not issubclass(
        unraisable.exc_type, SystemExit | KeyboardInterrupt
    ):
        usual(unraisable)
        return
    signals.send_again(_REPEAT_SECONDS)


def write_stderr(sentence: str) -> None:
    """Writes a line to standard error, if that is open."""
    with contextlib.suppress(OSError, RuntimeError, AttributeError):
        os.write(sys.stderr.fileno(), f"{sentence}\n".encode())


def _leave_closed_terminal():
    """Redirects output to the null device if it would go to a closed terminal."""
    for output in _OUTPUTS:
        try:
            os.write(output, b"")
        except OSError:
            with contextlib.suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, output)
                os.close(nowhere)
