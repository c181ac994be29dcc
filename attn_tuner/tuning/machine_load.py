"""Measures how much slower this process is because of other work on the machine."""

import time
from collections import deque
from collections.abc import Callable

MAX_SLOWDOWN = 4.0  # Nothing slower is planned for.


class MachineLoad:
    """Measures now and then how long a moment of computing takes by the clock on the wall.

        slowdown = seconds on the wall / seconds on a core

    A cost that was measured under the load of the moment includes it; an estimate of what has not
    been done yet, as the export, needs it.

    Args:
        interval: float, seconds between two measurements.
        spin: float, seconds on a core that one takes: many turns of a scheduler, and a hundredth of
            the interval.
        clock: returns seconds on the wall, which never run backwards.
        on_core: returns seconds that this thread has computed.
    """

    def __init__(
        self,
        interval: float = 5.0,
        spin: float = 0.05,
        clock: Callable[[], float] = time.monotonic,
        on_core: Callable[[], float] = time.thread_time,
    ):
        self.interval = interval
        self.spin = spin
        self.clock = clock
        self.on_core = on_core
        self._last = deque(maxlen=3)
        self._next = -float("inf")

    def __call__(self) -> float:
        """Returns how many times slower than alone: the largest of the last three measurements."""
        if self.clock() >= self._next:
            begun, computed = self.clock(), self.on_core()
            while (spent := self.on_core() - computed) < self.spin:
                pass
            self._last.append((self.clock() - begun) / spent)
            self._next = self.clock() + self.interval
        return min(max(1.0, *self._last), MAX_SLOWDOWN)
