"""Queries: the vectors that a pooling head compares states with, one file each.

`query(states, mask)` returns (batch, hops, features). A query computed from the text is one vector;
with several hops, each hop has its own linear map of it.
"""

from keras import ops

from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.registry import Registry

queries = Registry("query", package="attn_tuner.attention.queries")


class Query(Block):
    """Base of the queries.

    Attributes:
        hops: number of rows of attention, set by the head that owns the query.
        from_text: False if it is the same for every text.
        ordered: True if it depends on the order of the steps.
    """

    hops = 1
    from_text = True
    ordered = False

    def pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        """Returns one vector per text, (batch, features)."""
        raise NotImplementedError(f"{type(self).__name__} has no pooled(states, mask).")

    def build(self, states_shape: Shape) -> None:
        if self.hops > 1:
            features = states_shape[-1]
            self.spread = self.add_weight(
                shape=(features, self.hops * features), initializer="glorot_uniform", name="spread"
            )

    def call(self, states: Tensor, mask: Tensor) -> Tensor:
        vector = self.pooled(states, mask)
        if self.hops > 1:
            vector = ops.matmul(vector, self.spread)
        return ops.reshape(vector, (-1, self.hops, states.shape[-1]))
