"""Scores: how well each state matches the query, one file each.

`score(keys, query)` takes keys (batch, steps, features) and a query (batch, hops, features), or
None if it does not use one, and returns (batch, hops, steps). The head applies mask, temperature
and normalizer.
"""

from attn_tuner.attention.queries import Query
from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Tensor
from attn_tuner.registry import Registry

scores = Registry("score", package="attn_tuner.attention.scores")


class Score(Block):
    """Base of the scores: `build(keys_shape, query_shape)` and `call(keys, query)`.

    Attributes:
        hops: number of rows of attention, set by the head that owns the score.
        equal_widths: whether keys and query need the same number of features.
    """

    hops = 1
    equal_widths = False

    def asks(self, query: Query) -> bool:
        """Returns whether it is called with that query; if not, its own weights are the query."""
        return True

    def prepare(self, keys: Tensor) -> Tensor:
        """Returns what depends on the keys alone, (batch, steps, width).

        A decoder computes it once for a source, and calls `compare` with the query of each step.
        """
        return keys

    def prepared_width(self, features: int) -> int:
        """Returns the last axis of what `prepare` returns, for keys of so many features."""
        return features

    def compare(self, prepared: Tensor, query: Tensor) -> Tensor:
        """Returns the scores: `compare(prepare(keys), query)` equals `call(keys, query)`.

        Args:
            prepared: what `prepare` returned.
            query: (batch, hops, features).
        """
        return self(prepared, query)

    def matrix(
        self, rows: int, columns: int, name: str, initializer: str = "glorot_uniform"
    ) -> Tensor:
        """Adds a trainable (rows, columns)."""
        return self.add_weight(shape=(rows, columns), initializer=initializer, name=name)

    def vector(self, size: int, name: str, initializer: str = "zeros") -> Tensor:
        """Adds a trainable (size,)."""
        return self.add_weight(shape=(size,), initializer=initializer, name=name)
