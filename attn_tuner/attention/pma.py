"""Pooling by multi-head attention with learned seeds."""

from typing import Any

import keras
from keras import ops

from attn_tuner.attention.base import Head, heads
from attn_tuner.attention.fusions import flat
from attn_tuner.attention.masking import average, masked_normalize
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Choice, Int


@heads.register(
    "pma",
    seeds=Int(1, 4),
    num_heads=Choice([2, 4, 8], default=4),
    key_size=Choice([16, 32, 64], default=32),
)
class PMAHead(Head):
    """Multi-head attention of learned seed vectors over all steps.

        M = [H_1; ...; H_n] W_o,  H_i = softmax(S Q_i (H K_i)^T / sqrt(key_size)) H V_i
        X = norm(S + M)
        context = flatten(norm(X + relu(W X + b)))

    As there are few seeds, the products are taken in the cheaper order: S Q_i K_i^T has d numbers
    per seed and head, and (A H) V_i needs no value for each step. The row-wise layer that the paper
    applies to the steps first is left to the encoder.

    Args:
        seeds: number of learned vectors; the context is `seeds` times as wide as a state.
        num_heads: number of attention heads of each seed.
        key_size: features of a query, key or value in one head.

    Cost: O(seeds num_heads T d) time, O(seeds num_heads T) memory.

    Reference:
        Lee et al. 2019, eqs. 6-7 and 11 (PMA). https://arxiv.org/abs/1810.00825
    """

    def __init__(self, seeds: int = 1, num_heads: int = 4, key_size: int = 32, **kwargs: Any):
        super().__init__(**kwargs)
        self.seeds = size("seeds", seeds)
        self.num_heads = size("num_heads", num_heads)
        self.key_size = size("key_size", key_size)
        self.hops = self.seeds * self.num_heads
        self.norms = [keras.layers.LayerNormalization(dtype=self.dtype_policy) for _ in range(2)]

    def build(self, states_shape: Shape) -> None:
        features = states_shape[-1]

        def weight(shape: Shape, name: str, initializer: str = "glorot_uniform") -> Tensor:
            return self.add_weight(shape=shape, initializer=initializer, name=name)

        per_head = (self.num_heads, features, self.key_size)
        self.S = weight((self.seeds, features), "S")
        self.Q, self.K, self.V = (weight(per_head, name) for name in "QKV")
        self.W_o = weight((self.num_heads * self.key_size, features), "W_o")
        self.W = weight((features, features), "W")
        self.b = weight((features,), "b", "zeros")
        for norm in self.norms:
            norm.build((states_shape[0], self.seeds, features))

    def asked(self) -> Tensor:
        """Returns what each seed and head is compared with, (seeds * heads, features)."""
        queries = ops.matmul(ops.convert_to_tensor(self.S)[None], self.Q)  # (heads, seeds, size)
        mapped = ops.matmul(queries, ops.transpose(self.K, (0, 2, 1)))
        rows = ops.reshape(ops.transpose(mapped, (1, 0, 2)), (self.hops, -1))
        return rows * self.key_size**-0.5

    def attend(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        features = states.shape[-1]
        scores = ops.transpose(ops.matmul(states, ops.transpose(self.asked())), (0, 2, 1))
        weights = masked_normalize(scores, mask[:, None, :])
        found = ops.reshape(average(weights, states), (-1, self.seeds, self.num_heads, features))
        # (heads, batch * seeds, features) x (heads, features, size)
        found = ops.reshape(ops.transpose(found, (2, 0, 1, 3)), (self.num_heads, -1, features))
        values = ops.transpose(ops.matmul(found, self.V), (1, 0, 2))
        joined = ops.reshape(values, (-1, self.seeds, self.num_heads * self.key_size))
        rows = self.norms[0](ops.matmul(joined, self.W_o) + self.S)
        rows = self.norms[1](rows + ops.relu(ops.matmul(rows, self.W) + self.b))
        return flat(rows), weights

    def compute_output_shape(self, states_shape: Shape) -> Shape:
        return (states_shape[0], self.seeds * states_shape[-1])
