"""The gated score."""

from typing import Any

from keras import ops

from attn_tuner.attention.queries import Query
from attn_tuner.attention.scores import Score, scores
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Int


@scores.register("gated", units=Int(32, 256, step=32, default=64))
class GatedScore(Score):
    """An additive score with a gate on each hidden unit.

        s_t = w . (tanh(V h_t) * sigmoid(U h_t))

    tanh is nearly linear around 0; the gate is not, and can bring a unit to 0. w is the query.

    Args:
        units: width of the hidden layer and of its gate.

    Cost: O(2 T d units) time, O(2 T units) memory.

    Reference:
        Ilse et al. 2018, eq. 9. https://arxiv.org/abs/1802.04712
    """

    def __init__(self, units: int = 64, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = size("units", units)

    def asks(self, query: Query) -> bool:
        return False

    def build(self, keys_shape: Shape, query_shape: Shape | None = None) -> None:
        self.V = self.matrix(keys_shape[-1], self.units, "V")
        self.U = self.matrix(keys_shape[-1], self.units, "U")
        self.w = self.matrix(self.units, self.hops, "w")

    def call(self, keys: Tensor, query: Tensor | None = None) -> Tensor:
        hidden = ops.tanh(ops.matmul(keys, self.V)) * ops.sigmoid(ops.matmul(keys, self.U))
        return ops.transpose(ops.matmul(hidden, self.w), (0, 2, 1))
