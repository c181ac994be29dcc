"""Refuses a tensor that would not fit into memory, before it is allocated."""

import os

from attn_tuner.errors import TooLarge
from attn_tuner.system.machine import free_bytes

# How often a training step holds each score: the score, its weight, and gradients of both. The
# measured peak of dense multi-head attention is 3.5 times its scores.
COPIES = 3.5


VARIABLE = "ATTN_TUNER_MEMORY_GB"  # Users set it, for instance to the memory of an accelerator.
_limit: int | None = None


def set_memory_limit(limit: int | None) -> None:
    """Sets how much memory models of this process may take.

    Args:
        limit: bytes, or None for no limit of its own.
    """
    global _limit
    _limit = limit


def memory_limit() -> int | None:
    """Returns the bytes that were set, else those of `ATTN_TUNER_MEMORY_GB`, else None."""
    if _limit is not None:
        return _limit
    gigabytes = os.environ.get(VARIABLE)
    return int(float(gigabytes) * 2**30) if gigabytes else None


def available_bytes() -> int:
    """Returns the memory limit in bytes, or if there is none the free memory."""
    limit = memory_limit()
    return free_bytes() if limit is None else limit


def require(name: str, scores: int, itemsize: int, batch: int, steps: int) -> None:
    """Raises TooLarge if training with that many scores would not fit into memory.

    Args:
        name: name of the layer, for the message.
        scores: number of scores of one batch.
        itemsize: bytes of one score.
        batch: texts in the batch, for the message.
        steps: steps in a text, for the message.
    """
    wanted = scores * itemsize * COPIES
    free = available_bytes()
    if wanted > free:
        raise TooLarge(
            f"{name} compares every step with every other: {batch} texts of {steps} steps need "
            f"about {wanted / 2**30:.1f} GB and {free / 2**30:.1f} GB are free. Try a head whose "
            "cost grows with the steps alone (local_dot, linear_attention, additive), shorter "
            "texts or a smaller batch."
        )
