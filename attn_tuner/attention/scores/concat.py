"""The score of Luong et al. called concat."""

from typing import Any

from keras import ops

from attn_tuner.attention.scores import Score, scores
from attn_tuner.attention.scores.additive import match
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Int


@scores.register("concat", units=Int(32, 256, step=32, default=64))
class ConcatScore(Score):
    """A hidden layer over the concatenation of state and query.

        s_t = v . tanh(W [h_t; q])

    W [h; q] is computed as W_1 h + W_2 q, so that the query is multiplied once and not T times.

    Args:
        units: width of the hidden layer.

    Cost: O(T d units) time, O(T units) memory, both per hop.

    Reference:
        Luong et al. 2015, eq. 8 (concat). https://aclanthology.org/D15-1166
    """

    def __init__(self, units: int = 64, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = size("units", units)

    def build(self, keys_shape: Shape, query_shape: Shape) -> None:
        self.features = keys_shape[-1]
        self.W = self.matrix(self.features + query_shape[-1], self.units, "W")
        self.v = self.matrix(self.units, self.hops, "v")

    def prepare(self, keys: Tensor) -> Tensor:
        return ops.matmul(keys, ops.cast(self.W[: self.features], keys.dtype))

    def prepared_width(self, features: int) -> int:
        return self.units

    def compare(self, prepared: Tensor, query: Tensor) -> Tensor:
        # Keras casts weights inside a call only, and a decoder calls this method by itself.
        asked = ops.matmul(query, ops.cast(self.W[self.features :], query.dtype))
        return match(prepared, asked, ops.cast(self.v, query.dtype))

    def call(self, keys: Tensor, query: Tensor) -> Tensor:
        return self.compare(self.prepare(keys), query)
