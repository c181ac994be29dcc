"""The scores that are a product of state and query."""

import math

from keras import ops

from attn_tuner.attention.scores import Score, scores
from attn_tuner.layers.types import Shape, Tensor


@scores.register("dot")
class DotScore(Score):
    """The dot product of state and query.

        s_t = h_t . q

    Cost: O(T d) time, O(T) memory per hop.

    Reference:
        Luong et al. 2015, eq. 8 (dot). https://aclanthology.org/D15-1166
    """

    equal_widths = True

    def build(self, keys_shape: Shape, query_shape: Shape) -> None:
        pass  # No weights.

    def call(self, keys: Tensor, query: Tensor) -> Tensor:
        return products(keys, query)


@scores.register("scaled_dot")
class ScaledDotScore(Score):
    """The dot product, divided by the square root of the width.

        s_t = h_t . q / sqrt(d)

    Cost: O(T d) time, O(T) memory per hop.

    Reference:
        Vaswani et al. 2017, eq. 1. https://arxiv.org/abs/1706.03762
    """

    equal_widths = True

    def build(self, keys_shape: Shape, query_shape: Shape) -> None:
        self.scale = 1.0 / math.sqrt(keys_shape[-1])

    def call(self, keys: Tensor, query: Tensor) -> Tensor:
        return products(keys, query * self.scale)


@scores.register("general")
class GeneralScore(Score):
    """A learned bilinear form between state and query.

        s_t = h_t . W q

    W multiplies the query, which costs d^2; multiplying the states would cost T d^2.

    Cost: O(d^2 + T d) time, O(T) memory per hop.

    Reference:
        Luong et al. 2015, eq. 8 (general). https://aclanthology.org/D15-1166
    """

    def build(self, keys_shape: Shape, query_shape: Shape) -> None:
        self.W = self.matrix(query_shape[-1], keys_shape[-1], "W")

    def call(self, keys: Tensor, query: Tensor) -> Tensor:
        return products(keys, ops.matmul(query, self.W))


def products(keys: Tensor, query: Tensor) -> Tensor:
    """Returns the dot products (batch, hops, steps) of every query with every key."""
    return ops.matmul(query, ops.transpose(keys, (0, 2, 1)))
