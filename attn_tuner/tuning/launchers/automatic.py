"""Chooses how many trials run at once where the user leaves it open: `workers="auto"`."""

import sys
from collections.abc import Mapping
from typing import Any

import cloudpickle
import keras

from attn_tuner.layers.memory_guard import available_bytes
from attn_tuner.registry import user_parts
from attn_tuner.system.machine import cores

AUTO = "auto"
# Of one worker: 1.3 GB were measured on IMDb with TensorFlow (docs/scale.md), the rest is a margin.
WORKER_BYTES = int(1.5 * 2**30)
# Of a search: starting workers takes seconds of all cores, which a shorter one cannot spare.
SHORTEST = 90.0


def automatic_workers(options: Mapping[str, Any], limit: float | None) -> int:
    """Computes how many trials should run at once on this machine.

        workers = min(cores, free memory / 1.5 GiB, max_trials),   at least 1

    It is 1 where trials would disturb each other or could not leave this process: with a GPU, a
    limit of the latency, callbacks, a hypermodel or parts of the user's that cannot be pickled, or
    less than 90 seconds.

    Args:
        options: every setting of a search, checked.
        limit: float, seconds of the whole search; None for no limit.
    """
    alone = (
        (limit is not None and limit < SHORTEST)
        or options["max_latency_ms"] is not None
        or not _can_be_pickled((options["callbacks"], options.get("hypermodel"), user_parts()))
        or has_accelerator()
    )
    if alone:
        return 1
    most = (cores(), available_bytes() // WORKER_BYTES, options["max_trials"] or cores())
    return max(1, min(most))


def has_accelerator() -> bool:
    """Returns whether Keras' backend computes on something else than the processor."""
    backend = keras.config.backend()
    if backend == "tensorflow":
        return bool(sys.modules["tensorflow"].config.list_physical_devices("GPU"))
    if backend == "jax":
        return sys.modules["jax"].default_backend() != "cpu"
    torch = sys.modules["torch"]
    return torch.cuda.is_available() or torch.backends.mps.is_available()


def _can_be_pickled(value: Any) -> bool:
    try:
        cloudpickle.dumps(value)
    except Exception:  # Each library raises its own.
        return False
    return True
