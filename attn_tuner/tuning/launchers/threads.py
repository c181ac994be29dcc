"""How many threads a worker takes, said to its libraries before they start."""

import contextlib
import os

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
