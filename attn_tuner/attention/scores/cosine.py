"""The cosine score."""

from typing import Any

from keras import ops

from attn_tuner.attention.masking import precise
from attn_tuner.attention.scores import Score, scores
from attn_tuner.attention.scores.dot import products
from attn_tuner.layers.types import Shape, Tensor


@scores.register("cosine")
class CosineScore(Score):
    """The cosine between state and query, times a learned factor.

        s_t = beta  h_t . q / (|h_t| |q|)

    A cosine is in [-1, 1], too small a range for softmax to give one step of a long text most of
    the weight. Hence the factor beta, which is above 0 and trained.

    Args:
        sharpness: float, beta before training.

    Cost: O(T d) time, O(T d) memory.

    Reference:
        Graves et al. 2014, eqs. 5-6. https://arxiv.org/abs/1410.5401
    """

    equal_widths = True

    def __init__(self, sharpness: float = 10.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.sharpness = sharpness

    def build(self, keys_shape: Shape, query_shape: Shape) -> None:
        self.log_beta = self.vector(1, "log_beta", initializer="zeros")

    def call(self, keys: Tensor, query: Tensor) -> Tensor:
        beta = self.sharpness * ops.exp(ops.cast(self.log_beta, "float32"))
        return beta * products(direction(keys), direction(query))


def direction(vectors: Tensor) -> Tensor:
    """Returns unit vectors in float32; a zero vector stays zero, with a finite gradient."""
    vectors = precise(vectors)
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squares, 1e-12))
