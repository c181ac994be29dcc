"""How much slower this process is because of other work on the machine."""

import time
from collections import deque
from collections.abc import Callable

MOST = 4.0  # Times slower, beyond which nothing is planned for.


class Load:
    """Measures now and then how long a moment of computing takes by the clock on the wall.

        slowdown = seconds on the wall / seconds on a core

    What has been measured under the load of the moment needs it not; what has not been done yet,
    as the export, does.

    Args:
        pace: seconds between two measurements.
        spin: seconds on a core that one takes: many turns of a scheduler, a hundredth of the pace.
        clock: seconds on the wall, which never run backwards.
        on_core: seconds that this thread has computed.
    """

    def __init__(
        self,
        pace: float = 5.0,
        spin: float = 0.05,
        clock: Callable[[], float] = time.monotonic,
        on_core: Callable[[], float] = time.thread_time,
    ):
        self.pace = pace
        self.spin = spin
        self.clock = clock
        self.on_core = on_core
        self._last = deque(maxlen=3)
        self._next = -float("inf")

    def __call__(self) -> float:
        """Times slower than alone: the largest of the last three, from 1 to `MOST`."""
        if self.clock() >= self._next:
            begun, computed = self.clock(), self.on_core()
            while (spent := self.on_core() - computed) < self.spin:
                pass
            self._last.append((self.clock() - begun) / spent)
            self._next = self.clock() + self.pace
        return min(max(1.0, *self._last), MOST)
