"""How much memory a worker counts on, and whether one that died had taken too much."""

import os
from pathlib import Path

from attn_tuner.tuning.launchers.threads import cores

TOLD = "ATTN_TUNER_MEMORY_GB"  # Read by every layer that refuses a tensor which would not fit.
_COUNTERS = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))


def allot(threads: int):
    """Lets this process count on as large a part of the free memory as it has of the cores.

    What the user told beforehand stays.
    """
    # A worker that waits for its work should not have loaded Keras for this.
    from attn_tuner.attention.memory import available_bytes

    free = available_bytes() / 2**30
    os.environ.setdefault(TOLD, f"{free * min(1.0, threads / cores()):.3f}")


class Estimate:
    """What this process counted on when it was made; a part of it is left after a bad experience.

    Args:
        part: what is left at once.
    """

    def __init__(self, part: float = 1.0):
        self._first = os.environ.get(TOLD)
        self.shrink(part)

    def shrink(self, part: float):
        if self._first:
            os.environ[TOLD] = f"{float(self._first) * part:.3f}"


def killed() -> int:
    """How many processes the system has ended so far, on this machine, for want of memory."""
    return sum(_count(path) for path in _COUNTERS)


def _count(path: Path) -> int:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
