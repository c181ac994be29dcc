"""Interrupts a training that does not stop at its time limit."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

CHECK_INTERVAL = 1.0  # Seconds.


class TimeOver(Exception):
    """The time limit was reached before the trial's first evaluation. This is no failure."""


@contextlib.contextmanager
def enforced_limit(
    over: Callable[[], bool], grace: Callable[[bool], float]
) -> Iterator[Callable[[], bool]]:
    """Raises `TimeOver` in the block if it runs past its time limit without checking it.

        with enforced_limit(over, grace) as checked_over:
            train(should_stop=checked_over)

    Yields a function that returns the same as `over`. After it has returned True, the block is not
    interrupted any more. An interruption leaves the block as `TimeOver` even where it has become
    another exception, as TensorFlow does while it traces a model.

    Nothing is raised outside the main thread, on Windows, or if another alarm is set, because
    Python cannot interrupt there; nor within a single long call of a C library.

    Args:
        over: function that returns whether the time limit is reached.
        grace: function that returns the seconds for which the block may run past the limit. It is
            called once, at the limit, with whether the block has called its function before; until
            then a model is being built.
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

    def on_alarm(number: int, frame: FrameType | None) -> None:
        nonlocal until, raised
        if noticed or not over():
            return
        now = time.monotonic()
        until = now + grace(started) if until is None else until
        if now >= until:
            raised = True
            raise TimeOver("The time limit was reached.")

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, CHECK_INTERVAL, CHECK_INTERVAL)
    try:
        yield checked_over
    except Exception as error:
        if raised and not isinstance(error, TimeOver):
            raise TimeOver("The time limit was reached.") from error
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
