"""The linear recurrence, in far fewer dependent steps than there are steps of text."""

import keras
from keras import ops

from attn_tuner.attention.blocks import from_blocks, into_blocks
from attn_tuner.attention.masking import precise
from attn_tuner.layers.types import Shape, Tensor

BLOCK = 32


def recurrence(keep: Tensor, add: Tensor) -> Tensor:
    """States of h_t = keep_t * h_{t-1} + add_t, with h_0 = 0.

    Two steps make one of the same form, (k2 k1, k2 a1 + a2). So all blocks of `BLOCK` steps are
    read at once, each from its first step to its last; then the blocks, of which there are few,
    one after the other. With keep in [0, 1] nothing grows or is divided, and no logarithm is
    needed.

    `keras.ops.associative_scan` does the same in fewer dependent operations, but interleaves the
    whole tensor on every level: forward and backward took it 14 times as long on TensorFlow
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


def _carried(kept, states):
    """The state in which each block starts, for what blocks keep of it and add to it.

    Both are (batch, blocks, features), and so is the result.
    """
    steps = precise(ops.concatenate([kept, states], axis=-1))
    dtype = keras.backend.standardize_dtype(steps.dtype)
    cell = _Carry(states.shape[-1], dtype=dtype)
    carried = keras.layers.RNN(cell, return_sequences=True, dtype=dtype)(steps)
    return ops.cast(carried, states.dtype)


class _Carry(keras.layers.Layer):
    """Gives the state before each step of h = keep * h + add, for steps [keep; add].

    As a cell of Keras' own loop, which converts to ONNX and LiteRT; `ops.scan` keeps its state in
    an array, which ONNX has no form for.
    """

    def __init__(self, features: int, **kwargs):
        super().__init__(**kwargs)
        self.state_size = self.output_size = features

    def build(self, step_shape: Shape) -> None:
        pass

    def call(self, step: Tensor, states: Tensor) -> Tensor:
        keep, add = ops.split(step, 2, axis=-1)
        return states[0], [keep * states[0] + add]
