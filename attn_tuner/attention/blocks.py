"""Blocks of steps, each with a halo of neighbouring steps: windows without a T x T tensor.

A block of `size` queries needs the keys of the block and `radius` more on either side. These are
the last steps of the previous block and the first of the next one, so two slices and one
concatenation make the halos of all blocks, without a gather.
"""

from typing import Any

import numpy as np
from keras import ops

from attn_tuner.layers.types import Tensor


def into_blocks(steps_first: Tensor, size: int) -> Tensor:
    """Cuts (batch, steps, ...) into (batch, blocks, size, ...), with zeros after the last step."""
    batch, steps = ops.shape(steps_first)[0], ops.shape(steps_first)[1]
    rest = tuple(steps_first.shape[2:])
    missing = (size - steps % size) % size  # ONNX rounds towards 0, so nothing negative here.
    tail = ops.zeros((batch, missing, *rest), dtype=steps_first.dtype)
    padded = ops.concatenate([steps_first, tail], axis=1)
    return ops.reshape(padded, (batch, (steps + missing) // size, size, *rest))


def from_blocks(blocks: Tensor, steps: Any) -> Tensor:
    """Joins (batch, blocks, size, ...) into (batch, steps, ...)."""
    batch, count = ops.shape(blocks)[0], ops.shape(blocks)[1]
    whole = ops.reshape(blocks, (batch, count * blocks.shape[2], *blocks.shape[3:]))
    return whole[:, :steps]


def with_halo(blocks: Tensor, radius: int) -> Tensor:
    """Adds `radius` steps of both neighbours to each block, (batch, blocks, size, ...)."""
    rest = [[0, 0]] * (len(blocks.shape) - 2)
    before = ops.pad(blocks[:, :-1, blocks.shape[2] - radius :], [[0, 0], [1, 0], *rest])
    behind = ops.pad(blocks[:, 1:, :radius], [[0, 0], [0, 1], *rest])
    return ops.concatenate([before, blocks, behind], axis=2)


def neighbours(tensor: Tensor, radius: int) -> list[Tensor]:
    """Returns the tensor (batch, steps, ...) shifted by -radius to radius steps.

    Args:
        tensor: (batch, steps, ...).
        radius: int.

    Returns:
        2 radius + 1 tensors of that shape, with zeros beyond the ends.
    """
    steps = ops.shape(tensor)[1]
    rest = [[0, 0]] * (len(tensor.shape) - 2)
    padded = ops.pad(tensor, [[0, 0], [radius, radius], *rest])
    return [padded[:, start : start + steps] for start in range(2 * radius + 1)]


def skewed(weights: Tensor, size: int) -> Tensor:
    """Turns weights by distance into weights by position in block and halo.

    Args:
        weights: (batch, steps, 2 radius + 1), of the neighbours from -radius to radius.
        size: steps in a block.

    Returns:
        (batch, blocks, size, size + 2 radius), each row shifted by its position in the block.
    """
    blocks = into_blocks(weights, size)
    batch, count, around = ops.shape(blocks)[0], ops.shape(blocks)[1], weights.shape[2]
    whole = size + around - 1
    # Rows padded to one more than the final length, read at that length, each start one later.
    longer = ops.pad(blocks, [[0, 0], [0, 0], [0, 0], [0, whole + 1 - around]])
    flat = ops.reshape(longer, (batch, count, size * (whole + 1)))[:, :, : size * whole]
    return ops.reshape(flat, (batch, count, size, whole))


def fold_halo(spread: Tensor, radius: int) -> Tensor:
    """Adds the values in halos to the blocks they belong to; the transpose of `with_halo`.

    Args:
        spread: (batch, blocks, size + 2 radius, ...).
        radius: int.

    Returns:
        (batch, blocks, size, ...).
    """
    size = spread.shape[2] - 2 * radius
    before, own, behind = (
        spread[:, :, :radius],
        spread[:, :, radius : radius + size],
        spread[:, :, radius + size :],
    )
    room = ops.zeros_like(own[:, :, : size - radius])
    to_tail = ops.concatenate([before[:, 1:], ops.zeros_like(before[:, :1])], axis=1)
    to_head = ops.concatenate([ops.zeros_like(behind[:, :1]), behind[:, :-1]], axis=1)
    to_tail = ops.concatenate([room, to_tail], axis=2)
    to_head = ops.concatenate([to_head, room], axis=2)
    return own + to_tail + to_head


def band(size: int, radius: int) -> np.ndarray:
    """Returns which keys are within the radius of each query, bool (size, size + 2 radius)."""
    queries = np.arange(size)[:, None]
    keys = np.arange(size + 2 * radius)[None, :] - radius
    return np.abs(queries - keys) <= radius
