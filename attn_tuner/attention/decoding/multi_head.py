"""Multi-head attention from the decoder to the encoder."""

import math
from typing import Any

import keras
from keras import ops

from attn_tuner.attention.decoding import DecoderAttention, decoder_attentions
from attn_tuner.attention.masking import masked_normalize
from attn_tuner.attention.mixing import join_heads, split_heads
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Choice


@decoder_attentions.register(
    "multi_head",
    num_heads=Choice([2, 4, 8], default=4),
    key_size=Choice([16, 32, 64], default=32),
)
class MultiHeadDecoderAttention(DecoderAttention):
    """Several scaled dot products of the state after the step with the states, side by side.

        H_n = softmax(q_n K_n^T / sqrt(key_size)) V_n
        c_i = [H_1; ...; H_N] W_o

    q_n, K_n and V_n are projections of s_i and of the states. The context is as wide as a state.

    Args:
        num_heads: number of attention heads, each a row of the alignment.
        key_size: features of a query, key or value in one head.

    Cost: O(T d num_heads key_size) once for a source, O(T num_heads key_size) for a step.

    Reference:
        Vaswani et al. 2017, section 3.2.3 (encoder-decoder attention).
        https://arxiv.org/abs/1706.03762
    """

    def __init__(self, num_heads: int = 4, key_size: int = 32, **kwargs: Any):
        super().__init__(**kwargs)
        self.num_heads = self.hops = size("num_heads", num_heads)
        self.key_size = size("key_size", key_size)

    def build(self, query_shape: Shape, states_shape: Shape) -> None:
        features, width = states_shape[-1], self.num_heads * self.key_size

        def dense(units: int, given: int, name: str) -> keras.layers.Dense:
            layer = keras.layers.Dense(units, dtype=self.policy_of(f"to_{name}"), name=name)
            layer.build((*states_shape[:-1], given))
            return layer

        self.to_queries = dense(width, query_shape[-1], "queries")
        self.to_keys = dense(width, features, "keys")
        self.to_values = dense(width, features, "values")
        self.to_output = dense(features, width, "output")

    def keys(self, states: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        return tuple(
            split_heads(project(states), self.num_heads)
            for project in (self.to_keys, self.to_values)
        )

    def attend(
        self, query: Tensor, prepared: tuple[Tensor, ...], progress: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        mask, _, keys, values = prepared
        asked = self.to_queries(query[:, None, :]) * (1.0 / math.sqrt(self.key_size))
        asked = split_heads(asked, self.num_heads)  # (batch, num_heads, 1, key_size)
        scores = ops.matmul(asked, ops.transpose(keys, (0, 1, 3, 2)))
        weights = masked_normalize(scores, mask[:, None, None, :])
        found = join_heads(ops.matmul(ops.cast(weights, values.dtype), values))
        return self.to_output(found)[:, 0], weights[:, :, 0], progress
