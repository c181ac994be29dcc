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
        self.W = self.matrix(keys_shape[-1] + query_shape[-1], self.units, "W")
        self.v = self.matrix(self.units, self.hops, "v")

    def call(self, keys: Tensor, query: Tensor) -> Tensor:
        features = keys.shape[-1]
        of_keys, of_query = self.W[:features], self.W[features:]
        return match(ops.matmul(keys, of_keys), ops.matmul(query, of_query), self.v)
