"""Interrupts a training that does not notice that its time is over."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable

PACE = 1.0  # Seconds between two looks.


class TimeOver(Exception):
    """The clock overtook a trial: it has no result yet, and is no failure."""


@contextlib.contextmanager
def woken(over: Callable[[], bool], grace: Callable[[bool], float]):
    """Raises `TimeOver` in the block where it does not ask for long whether the time is over.

        with woken(over, grace) as asked:
            train(expired=asked)

    Gives `asked`, which answers as `over` does: whoever has been answered that the time is over
    knows, and is left to end in peace. Whatever exception the interruption ends as (TensorFlow
    turns some into its own while it traces a model), it leaves the block as `TimeOver`.

    Outside the main thread, on Windows, and where another alarm is set, nothing is raised: Python
    can interrupt only there. What hangs inside one call of a C library is not reached either.

    Args:
        over: whether the time is over.
        grace: seconds that the block may take to ask, known when the time is over; it is given
            whether the block has asked before. Until it does a model is built and traced.
    """
    free = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    if not free or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield over
        return
    until, noticed, started, raised = None, False, False, False

    def asked() -> bool:
        nonlocal noticed, started
        started, noticed = True, over()
        return noticed

    def look(number, frame):
        nonlocal until, raised
        if noticed or not over():
            return
        now = time.monotonic()
        until = now + grace(started) if until is None else until
        if now >= until:
            raised = True
            raise TimeOver("The time was over.")

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PACE, PACE)
    try:
        yield asked
    except Exception as error:
        if raised and not isinstance(error, TimeOver):
            raise TimeOver("The time was over.") from error
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
