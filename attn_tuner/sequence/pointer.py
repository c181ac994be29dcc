"""The copy mechanism: a token is written from the vocabulary, or copied from the source."""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Tensor

_LEAST = 1e-9  # Added to each probability, so that its logarithm is finite.


class PointerGenerator(Block):
    """Mixes the distribution over the vocabulary with the alignment, as copies of source tokens.

        p_i = sigmoid(w . [t_i; y_{i-1}] + b)
        P_i(w) = p_i softmax(logits_i)_w + (1 - p_i) sum_{j: x_j = w} a_ij

    t_i is the vector of the decoder, which is made of context and state, and y_{i-1} the token that
    it has read. P_i is over the extended vocabulary: the `size` ids of the target, and behind them
    one for each step of the source, `size + j`. A source token that the target vocabulary lacks has
    the id of its first step.

    Reference:
        See et al. 2017, eqs. 8-9, with t_i in the place of context and state.
        https://aclanthology.org/P17-1099 ; Gulcehre et al. 2016. https://aclanthology.org/P16-1014
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.gate = keras.layers.Dense(1, activation="sigmoid", dtype="float32", name="gate")

    def build(self, features: int) -> None:
        self.gate.build((None, None, features))
        self.built = True

    def call(self, logits: Tensor, read: Tensor, alignment: Tensor, copied: Tensor) -> Tensor:
        """Returns log probabilities, (batch, target steps, size + steps) in float32.

        Args:
            logits: (batch, target steps, size), of the vocabulary.
            read: (batch, target steps, features), [t_i; y_{i-1}].
            alignment: (batch, target steps, steps), float32.
            copied: (batch, steps), the ids of the source tokens in the extended vocabulary.
        """
        write = self.gate(read)
        words = ops.concatenate(
            [write * ops.softmax(logits, axis=-1), ops.zeros_like(alignment)], axis=-1
        )
        copies = placed(alignment * (1.0 - write), copied, logits.shape[-1])
        return ops.log(words + copies + _LEAST)


def placed(weights: Tensor, copied: Tensor, size: int) -> Tensor:
    """Returns what each token of the extended vocabulary is attended to in all.

    Args:
        weights: (batch, target steps, steps).
        copied: (batch, steps), ids below `size + steps`.
        size: ids of the target vocabulary.

    Returns:
        (batch, target steps, size + steps).
    """
    batch, rows, steps = ops.shape(weights)[0], ops.shape(weights)[1], ops.shape(weights)[2]
    places = ops.arange(steps, dtype="int32")
    copied = ops.cast(copied, "int32")
    same = ops.equal(copied[:, :, None], copied[:, None, :])
    before = ops.logical_and(same, places[:, None] > places[None, :])
    first = ops.logical_not(ops.any(before, axis=-1))
    # The first of equals takes the weight of all. Each of the others has a place of its own, which
    # is no token's, so that no place is written to twice: what that does differs by backend.
    taken = ops.matmul(weights, ops.cast(same, weights.dtype))
    taken = taken * ops.cast(first, weights.dtype)[:, None, :]
    own = ops.where(first, copied, size + places)
    row = ops.reshape(ops.arange(batch * rows, dtype="int32"), (batch, rows, 1))
    index = ops.reshape(row * (size + steps) + own[:, None, :], (-1, 1))
    nothing = ops.zeros((batch * rows * (size + steps),), weights.dtype)
    found = ops.scatter_update(nothing, index, ops.reshape(taken, (-1,)))
    return ops.reshape(found, (batch, rows, size + steps))
