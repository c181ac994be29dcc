"""How many threads a worker takes, said to its libraries before they start."""

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


def environment(threads: int) -> dict[str, str]:
    """Environment variables that keep a process to so many threads.

    TensorFlow, which runs independent operations beside each other as well, gets one thread for
    that: the others compute inside the operations.
    """
    return {**dict.fromkeys(_LIBRARIES, str(threads)), "TF_NUM_INTEROP_THREADS": "1"}
