"""Interrupts a training that overruns its time limit without noticing."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator

CHECK_INTERVAL = 1.0  # Seconds.


class TimeOver(Exception):
    """The time limit came before the trial's first evaluation: no result, and no failure."""


@contextlib.contextmanager
def enforced_limit(
    over: Callable[[], bool], grace: Callable[[bool], float]
) -> Iterator[Callable[[], bool]]:
    """Raises `TimeOver` in the block where it goes on after the time is over, unaware of it.

        with enforced_limit(over, grace) as checked_over:
            train(should_stop=checked_over)

    Gives a function that answers as `over` does. A block that got True from it knows that the time
    is over, and is left to end by itself. Whatever exception the interruption turns into
    (TensorFlow makes some into its own while it traces a model), it leaves the block as `TimeOver`.

    Nothing is raised outside the main thread, on Windows, and where another alarm is set: Python
    interrupts only there. A single long call of a C library is not interrupted either.

    Args:
        over: returns whether the time is over.
        grace: returns the seconds that the block may go on unaware; called once, when the time is
            over, with whether the block has asked before. Until it asks, a model is being built.
    """
    free = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    if not free or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield over
        return
    until, noticed, started, raised = None, False, False, False

    def checked_over() -> bool:
        nonlocal noticed, started
        started, noticed = True, over()
        return noticed

    def on_alarm(number, frame):
        nonlocal until, raised
        if noticed or not over():
            return
        now = time.monotonic()
        until = now + grace(started) if until is None else until
        if now >= until:
            raised = True
            raise TimeOver("The time was over.")

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, CHECK_INTERVAL, CHECK_INTERVAL)
    try:
        yield checked_over
    except Exception as error:
        if raised and not isinstance(error, TimeOver):
            raise TimeOver("The time was over.") from error
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
