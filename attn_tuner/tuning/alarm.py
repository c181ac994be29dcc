"""An end for what no longer looks at the clock."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable

PACE = 1.0  # Seconds between two looks.


class Stuck(Exception):
    """Raised in the middle of a training that has not noticed that the time was over."""


@contextlib.contextmanager
def woken(over: Callable[[], bool], grace: Callable[[], float]):
    """Raises `Stuck` in the block where it does not ask for long whether the time is over.

        with woken(over, grace) as asked:
            train(expired=asked)

    Gives `asked`, which answers as `over` does: whoever has been answered that the time is over
    knows, and is left to end in peace.

    Outside the main thread, on Windows, and where another alarm is set, nothing is raised: Python
    can interrupt only there. What hangs inside one call of a C library is not reached either.

    Args:
        over: whether the time is over.
        grace: seconds that the block may take to ask, known when the time is over.
    """
    free = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    if not free or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield over
        return
    until, noticed = None, False

    def asked() -> bool:
        nonlocal noticed
        noticed = over()
        return noticed

    def look(number, frame):
        nonlocal until
        if noticed or not over():
            return
        until = until or time.monotonic() + grace()
        if time.monotonic() > until:
            raise Stuck("It had not noticed for a while that the time was over.")

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PACE, PACE)
    try:
        yield asked
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
