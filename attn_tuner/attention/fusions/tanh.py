"""Average and query through a dense layer."""

from typing import Any

from keras import ops

from attn_tuner.attention.fusions import Fusion, flat, fusions
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Int


@fusions.register("tanh", units=Int(32, 256, step=32, default=128))
class TanhFusion(Fusion):
    """Average and query mixed by a tanh layer, the attentional state of Luong et al.

        context = tanh(W [c; q])

    Args:
        units: number of features of the context.

    Cost: O(2 d units) time per hop, once per text.

    Reference:
        Luong et al. 2015, eq. 5. https://aclanthology.org/D15-1166
    """

    asks = True

    def __init__(self, units: int = 128, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = size("units", units)

    def build(self, context_shape: Shape) -> None:
        _, hops, features = context_shape
        self.W = self.add_weight(
            shape=(2 * hops * features, self.units), initializer="glorot_uniform", name="W"
        )

    def call(self, context: Tensor, query: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        both = ops.concatenate([flat(context), flat(query)], axis=-1)
        return ops.tanh(ops.matmul(both, self.W))

    def width(self, hops: int, features: int) -> int:
        return self.units
