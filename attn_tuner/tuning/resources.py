"""Limits what a process uses: threads, cores, memory, and time for garbage collection."""

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path

from attn_tuner.layers.memory_guard import available_bytes, memory_limit, set_memory_limit
from attn_tuner.system.machine import cores

_LIBRARIES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)


def share(workers: int) -> int:
    """Returns the number of threads for each of several workers on this machine, at least 1."""
    return max(1, cores() // workers)


def core_sets(workers: int) -> list[frozenset[int]]:
    """Returns disjoint sets of cores, one for each worker; [] if there are too few cores.

    Pinning avoids cache misses: two trainings, each pinned to a core, take a seventh less time than
    two that the system moves between cores.

    Args:
        workers: int, number of workers.
    """
    if not hasattr(os, "sched_setaffinity") or workers > cores():
        return []
    own, each = sorted(os.sched_getaffinity(0)), share(workers)
    return [frozenset(own[each * at : each * (at + 1)]) for at in range(workers)]


def pin_to(cpus: frozenset[int]) -> None:
    """Pins this process, with all its present and future threads, to some cores."""
    for thread in os.listdir("/proc/self/task"):
        with contextlib.suppress(ProcessLookupError):  # It has ended meanwhile.
            os.sched_setaffinity(int(thread), cpus)


def environment(threads: int) -> dict[str, str]:
    """Returns environment variables that limit a process to a number of threads.

    TensorFlow gets one thread for running independent operations in parallel; the others compute
    within operations.
    """
    return {**dict.fromkeys(_LIBRARIES, str(threads)), "TF_NUM_INTEROP_THREADS": "1"}


@contextlib.contextmanager
def existing_objects_frozen() -> Iterator[None]:
    """Excludes existing objects from garbage collection, for the length of a `with` block.

    Without it, the records of trials would cause many full collections, which visit all objects of
    the imported libraries.
    """
    freeze_existing_objects()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.collect()


def freeze_existing_objects() -> None:
    """Excludes existing objects from garbage collection for good."""
    gc.collect()
    gc.freeze()


_COUNTERS = (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events"))


def limit_memory(threads: int) -> None:
    """Limits the memory of this process to its share of the cores times the free memory.

    A limit that the user has set by `ATTN_TUNER_MEMORY_GB` is kept.

    Args:
        threads: int, threads of this process.
    """
    if memory_limit() is None:
        set_memory_limit(int(available_bytes() * min(1.0, threads / cores())))


class MemoryAllowance:
    """Lowers the initial memory limit of this process; without a limit it does nothing.

    Args:
        part: float in (0, 1], the part of the limit to begin with.
    """

    def __init__(self, part: float = 1.0):
        self._first = memory_limit()
        self.shrink(part)

    def shrink(self, part: float) -> None:
        """Sets the limit to a part of the initial one."""
        if self._first is not None:
            set_memory_limit(int(self._first * part))


def killed() -> int:
    """Returns the number of processes that the system has killed so far for lack of memory."""
    return sum(_count(path) for path in _COUNTERS)


def _count(path: Path) -> int:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
