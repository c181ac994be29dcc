"""How many threads a worker takes, said to its libraries before they start."""

import contextlib
import gc
import os
from pathlib import Path

_LIBRARIES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)


def cores() -> int:
    """Processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # Not on macOS or Windows.
        return os.cpu_count() or 1


def share(workers: int) -> int:
    """Threads for each of so many workers on this machine, at least one."""
    return max(1, cores() // workers)


def places(workers: int) -> list[frozenset[int]]:
    """The cores of each of so many workers, apart from each other; none where that cannot be had.

    A process of one thread that wanders between cores finds its data in the wrong cache: two
    trainings at once, each on a core of its own, take a seventh less time than two that wander.
    """
    if not hasattr(os, "sched_setaffinity") or workers > cores():
        return []
    own, each = sorted(os.sched_getaffinity(0)), share(workers)
    return [frozenset(own[each * at : each * (at + 1)]) for at in range(workers)]


def stay_on(place: frozenset[int]):
    """Keeps this process, every thread that it has and will have, to some cores."""
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(ProcessLookupError):  # It has ended meanwhile.
            os.sched_setaffinity(int(thread), place)


def environment(threads: int) -> dict[str, str]:
    """Environment variables that keep a process to so many threads.

    TensorFlow, which runs independent operations beside each other as well, gets one thread for
    that: the others compute inside the operations.
    """
    return {**dict.fromkeys(_LIBRARIES, str(threads)), "TF_NUM_INTEROP_THREADS": "1"}


@contextlib.contextmanager
def spared():
    """For the length of a `with`, what is alive at its beginning is not searched for garbage.

    A full collection goes through everything that libraries have made while they were imported,
    and the records of trials provoke one again and again.
    """
    spare()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.collect()


def spare():
    """What is alive now is not searched for garbage any more."""
    gc.collect()
    gc.freeze()


TOLD = "ATTN_TUNER_MEMORY_GB"  # Read by every layer that refuses a tensor which would not fit.


_COUNTERS = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))


def allot(threads: int):
    """Lets this process count on as large a part of the free memory as it has of the cores.

    What the user told beforehand stays.
    """
    # A worker that waits for its work should not have loaded Keras for this.
    from attn_tuner.layers.memory_guard import available_bytes

    free = available_bytes() / 2**30
    os.environ.setdefault(TOLD, f"{free * min(1.0, threads / cores()):.3f}")


class MemoryAllowance:
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
