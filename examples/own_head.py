"""A head of one's own in one file: registered, searched by name, held to the contract.

Usage: python examples/own_head.py

Power pooling lies between the mean (p near 0) and the maximum (p large).
"""

import keras
import numpy as np
from keras import ops

from attn_tuner.attention import Head, heads, masked_normalize
from attn_tuner.space import Float
from attn_tuner.testing import check_head


@heads.register("power", start=Float(0.5, 4.0, log=True, default=1.0))
class PowerHead(Head):
    """Weighs each feature's steps by a softmax over its own values.

        a_ti = exp(p h_ti) / sum_j exp(p h_ji)
        context_i = sum_t a_ti h_ti

    Args:
        start: where the trained power p starts.

    Cost: O(T d) time and memory; one weight.

    Reference:
        McFee et al. 2018, eq. 6 (auto-pool). https://arxiv.org/abs/1804.10070
    """

    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, states_shape):
        start = keras.initializers.Constant(self.start)
        self.power = self.add_weight(shape=(), initializer=start, name="power")

    def attend(self, states, mask):
        scores = ops.transpose(states * self.power, (0, 2, 1))  # (batch, features, steps)
        each = masked_normalize(scores, mask[:, None, :])
        shares = ops.cast(ops.transpose(each, (0, 2, 1)), states.dtype)
        return ops.sum(shares * states, axis=1), ops.mean(each, axis=1, keepdims=True)

    def compute_output_shape(self, states_shape):
        return (states_shape[0], states_shape[-1])


def main():
    check_head(heads["power"])
    states = np.array([[[1.0], [2.0], [9.0]]], "float32")
    mask = np.array([[True, True, False]])
    return float(ops.convert_to_numpy(heads["power"](start=2.0)(states, mask=mask))[0, 0])


if __name__ == "__main__":
    print(f"context {main():.4f}; the head keeps every promise of the contract")
