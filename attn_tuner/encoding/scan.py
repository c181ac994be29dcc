"""The linear recurrence, computed in blocks of steps."""

import keras
from keras import ops

from attn_tuner.attention.blocks import from_blocks, into_blocks
from attn_tuner.attention.masking import precise
from attn_tuner.layers.types import Shape, Tensor

BLOCK = 32


def recurrence(keep: Tensor, add: Tensor) -> Tensor:
    """States of h_t = keep_t * h_{t-1} + add_t, with h_0 = 0.

    Two steps combine into one of the same form, (k2 k1, k2 a1 + a2). So the steps are cut into
    blocks of `BLOCK`, which are read in parallel, each from its first step to its last; a loop over
    the few blocks then carries the state from one to the next. With keep in [0, 1] no product
    overflows, and neither division nor logarithm is needed.

    `keras.ops.associative_scan` does the same in fewer dependent operations, but interleaves the
    whole tensor on every level: forward and backward took 14 times as long on TensorFlow
    (16 x 512 x 128, two CPU cores).

    Args:
        keep: (batch, steps, features), in [0, 1].
        add: (batch, steps, features).

    Returns:
        (batch, steps, features).
    """
    keeps = ops.unstack(into_blocks(keep, BLOCK), axis=2)
    adds = ops.unstack(into_blocks(add, BLOCK), axis=2)
    kept, states = [keeps[0]], [adds[0]]
    for each_keep, each_add in zip(keeps[1:], adds[1:], strict=True):
        states.append(each_keep * states[-1] + each_add)
        kept.append(each_keep * kept[-1])
    carried = _carried(kept[-1], states[-1])[:, :, None]
    whole = ops.stack(states, axis=2) + ops.stack(kept, axis=2) * carried
    return from_blocks(whole, ops.shape(add)[1])


def _carried(kept: Tensor, states: Tensor) -> Tensor:
    """Returns the state at the start of each block, (batch, blocks, features).

    Args:
        kept: (batch, blocks, features), the product of keep over each block.
        states: (batch, blocks, features), the last state of each block when it starts from 0.
    """
    steps = precise(ops.concatenate([kept, states], axis=-1))
    dtype = keras.backend.standardize_dtype(steps.dtype)
    cell = _Carry(states.shape[-1], dtype=dtype)
    carried = keras.layers.RNN(cell, return_sequences=True, dtype=dtype)(steps)
    return ops.cast(carried, states.dtype)


class _Carry(keras.layers.Layer):
    """A cell that returns the state before each step of h = keep * h + add, for steps [keep; add].

    A cell of `keras.layers.RNN`, whose loop converts to ONNX and LiteRT. `ops.scan` does not: it
    keeps its state in a TensorArray, which has no ONNX form.

    Args:
        features: features of a state; a step has twice as many.
    """

    def __init__(self, features: int, **kwargs):
        super().__init__(**kwargs)
        self.state_size = self.output_size = features

    def build(self, step_shape: Shape) -> None:
        pass

    def call(self, step: Tensor, states: Tensor) -> Tensor:
        keep, add = ops.split(step, 2, axis=-1)
        return states[0], [keep * states[0] + add]
