"""The projection onto the simplex."""

from keras import ops

from attn_tuner.attention.masking import below_highest
from attn_tuner.attention.normalizers import Normalizer, normalizers
from attn_tuner.layers.types import Tensor


@normalizers.register("sparsemax")
class SparsemaxNormalizer(Normalizer):
    """The nearest point to the scores whose weights sum to 1: most steps get exactly 0.

        a_t = max(s_t - tau, 0),  tau such that sum_t a_t = 1

    Cost: O(T log T) time, O(T) memory.

    Reference:
        Martins & Astudillo 2016, algorithm 1. https://arxiv.org/abs/1602.02068
    """

    def weigh(self, scores: Tensor, mask: Tensor) -> Tensor:
        # A step more than 1 below the highest has weight 0, so the floor changes nothing.
        scores = below_highest(scores, mask)
        tau = ops.stop_gradient(threshold(scores))
        chosen = ops.cast(ops.logical_and(scores > tau, mask), scores.dtype)
        size = ops.maximum(ops.sum(chosen, axis=-1, keepdims=True), 1.0)
        # Over the steps with weight alone; autodiff then gives the gradient of the paper's eq. 12.
        tau = (ops.sum(scores * chosen, axis=-1, keepdims=True) - 1.0) / size
        return ops.maximum(scores - tau, 0.0) * chosen


def threshold(scores: Tensor) -> Tensor:
    """Returns the tau of sparsemax, (..., 1), from scores (..., steps)."""
    falling = ops.flip(ops.sort(scores, axis=-1), axis=-1)
    ranks = ops.cumsum(ops.ones_like(falling), axis=-1)
    sums = ops.cumsum(falling, axis=-1)
    inside = ops.cast(1.0 + ranks * falling > sums, scores.dtype)
    size = ops.sum(inside, axis=-1, keepdims=True)
    return (ops.sum(falling * inside, axis=-1, keepdims=True) - 1.0) / size
