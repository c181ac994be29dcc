"""What a process takes of the machine: threads, cores, memory, and the time of its collector."""

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path

from attn_tuner.layers.memory_guard import available_bytes, memory_limit, set_memory_limit

_LIBRARIES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)


def cores() -> int:
    """Returns how many processor cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # Not on macOS or Windows.
        return os.cpu_count() or 1


def share(workers: int) -> int:
    """Returns the threads for each of so many workers on this machine, at least one."""
    return max(1, cores() // workers)


def core_sets(workers: int) -> list[frozenset[int]]:
    """Returns the cores of each of so many workers, apart from each other; none where impossible.

    A process of one thread that wanders between cores finds its data in the wrong cache: two
    trainings at once, each on a core of its own, take a seventh less time than two that wander.
    """
    if not hasattr(os, "sched_setaffinity") or workers > cores():
        return []
    own, each = sorted(os.sched_getaffinity(0)), share(workers)
    return [frozenset(own[each * at : each * (at + 1)]) for at in range(workers)]


def pin_to(cpus: frozenset[int]) -> None:
    """Keeps this process, every thread that it has and will have, to some cores."""
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(ProcessLookupError):  # It has ended meanwhile.
            os.sched_setaffinity(int(thread), cpus)


def environment(threads: int) -> dict[str, str]:
    """Returns environment variables that keep a process to so many threads.

    TensorFlow, which runs independent operations beside each other as well, gets one thread for
    that: the others compute inside the operations.
    """
    return {**dict.fromkeys(_LIBRARIES, str(threads)), "TF_NUM_INTEROP_THREADS": "1"}


@contextlib.contextmanager
def existing_objects_frozen() -> Iterator[None]:
    """Keeps the garbage collector from what exists at the beginning of a `with`.

    A full collection goes through everything that libraries have made while they were imported,
    and the records of trials provoke one again and again.
    """
    freeze_existing_objects()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.collect()


def freeze_existing_objects() -> None:
    """Keeps the garbage collector from what exists now, for good."""
    gc.collect()
    gc.freeze()


_COUNTERS = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))


def limit_memory(threads: int) -> None:
    """Limits this process to as large a part of the free memory as it has of the cores.

    A limit that the user set by `ATTN_TUNER_MEMORY_GB` stays.

    Args:
        threads: int, of this process.
    """
    if memory_limit() is None:
        set_memory_limit(int(available_bytes() * min(1.0, threads / cores())))


class MemoryAllowance:
    """Lowers the memory limit that this process had when the allowance was made.

    Where there was no limit, there will be none.

    Args:
        part: float in (0, 1], how much of it is left at once.
    """

    def __init__(self, part: float = 1.0):
        self._first = memory_limit()
        self.shrink(part)

    def shrink(self, part: float) -> None:
        """Leaves so much of the first limit."""
        if self._first is not None:
            set_memory_limit(int(self._first * part))


def killed() -> int:
    """Returns how many processes the system has ended so far, on this machine, to free memory."""
    return sum(_count(path) for path in _COUNTERS)


def _count(path: Path) -> int:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
