"""Scores: how well each step matches what is looked for, one file each.

`score(keys, query)` takes keys (batch, steps, features) and a query (batch, hops, features), or
None where it asks for none, and returns (batch, hops, steps). Masks, temperature and
normalisation are the head's.
"""

from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Tensor
from attn_tuner.registry import Registry

scores = Registry("score", package="attn_tuner.attention.scores")


class Score(Block):
    """Base of the scores: `build(keys_shape, query_shape)` and `call(keys, query)`.

    Attributes:
        hops: rows of attention, set by the head that owns the score.
    """

    hops = 1

    def asks(self, query: Tensor) -> bool:
        """Whether it is to be called with that query, or holds what it looks for itself."""
        return True

    def matrix(
        self, rows: int, columns: int, name: str, initializer: str = "glorot_uniform"
    ) -> Tensor:
        """A trainable (rows, columns)."""
        return self.add_weight(shape=(rows, columns), initializer=initializer, name=name)

    def vector(self, size: int, name: str, initializer: str = "zeros") -> Tensor:
        """A trainable (size,)."""
        return self.add_weight(shape=(size,), initializer=initializer, name=name)
