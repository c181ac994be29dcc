"""The score by direction alone."""

from keras import ops

from attn_tuner.attention.masking import precise
from attn_tuner.attention.scores import Score, scores
from attn_tuner.attention.scores.dot import products
from attn_tuner.layers.types import Shape, Tensor


@scores.register("cosine")
class CosineScore(Score):
    """The cosine between state and query, sharpened by a learned factor.

        s_t = beta  h_t . q / (|h_t| |q|)

    A cosine lies in [-1, 1], too little for softmax to single out a step of a long text; hence
    beta, which starts at 10 and stays above 0.

    Args:
        sharpness: where beta starts.

    Cost: O(T d) time, O(T d) memory.

    Reference:
        Graves et al. 2014, eqs. 5-6. https://arxiv.org/abs/1410.5401
    """

    def __init__(self, sharpness: float = 10.0, **kwargs):
        super().__init__(**kwargs)
        self.sharpness = sharpness

    def build(self, keys_shape: Shape, query_shape: Shape) -> None:
        self.log_beta = self.vector(1, "log_beta", initializer="zeros")

    def call(self, keys: Tensor, query: Tensor) -> Tensor:
        beta = self.sharpness * ops.exp(ops.cast(self.log_beta, "float32"))
        return beta * products(direction(keys), direction(query))


def direction(vectors: Tensor) -> Tensor:
    """Unit vectors in float32; a zero vector stays zero, with a finite gradient."""
    vectors = precise(vectors)
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squares, 1e-12))
