"""Measures how much slower this process is because of other work on the machine."""

import time
from collections import deque
from collections.abc import Callable

MAX_SLOWDOWN = 4.0  # Upper bound of the estimate.


class MachineLoad:
    """Measures the ratio of wall-clock time to CPU time of a short computation.

        slowdown = wall-clock seconds / CPU seconds

    Estimates of steps that have not been measured under the current load, such as the export, are
    multiplied by it.

    Args:
        interval: float, seconds between two measurements.
        spin: float, CPU seconds of a measurement: many time slices, and 1 % of the interval.
        clock: function that returns monotonic wall-clock seconds.
        on_core: function that returns the CPU seconds of this thread.
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

    def forget(self) -> None:
        """Forgets the measurements so far, for when work on the machine has ended."""
        self._last.clear()
        self._next = -float("inf")

    def __call__(self) -> float:
        """Returns the largest of the last three measurements."""
        if self.clock() >= self._next:
            begun, computed = self.clock(), self.on_core()
            while (spent := self.on_core() - computed) < self.spin:
                pass
            self._last.append((self.clock() - begun) / spent)
            self._next = self.clock() + self.interval
        return min(max(1.0, *self._last), MAX_SLOWDOWN)
