"""Fusions: how the average and the query become the context, one file each.

`fusion(context, query, states, mask)` takes the averages (batch, hops, features), the query of
the same shape or None, the states and the mask, and returns (batch, features_out).
"""

from keras import ops

from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.registry import Registry

fusions = Registry("fusion", package="attn_tuner.attention.fusions")


class Fusion(Block):
    """Base of the fusions.

    Attributes:
        asks: whether it needs the query.
        averages: whether the context is the average itself.
    """

    asks = False
    averages = False

    def build(self, context_shape: Shape) -> None:
        pass  # Most have no weights.

    def width(self, hops: int, features: int) -> int:
        """Returns the number of features of the context, for averages (batch, hops, features)."""
        raise NotImplementedError(f"{type(self).__name__} has no width(hops, features).")


def flat(rows: Tensor) -> Tensor:
    """Reshapes (batch, hops, features) to (batch, hops * features)."""
    return ops.reshape(rows, (-1, rows.shape[1] * rows.shape[2]))
