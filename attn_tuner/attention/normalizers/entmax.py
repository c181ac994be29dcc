"""The 1.5-entmax, between softmax and sparsemax."""

from keras import ops

from attn_tuner.attention.masking import below_highest
from attn_tuner.attention.normalizers import Normalizer, normalizers
from attn_tuner.layers.types import Tensor


@normalizers.register("entmax15")
class Entmax15Normalizer(Normalizer):
    """Smooth like softmax, and exactly 0 for steps far below the best.

        a_t = max(s_t / 2 - tau, 0)^2,  tau such that sum_t a_t = 1

    Cost: O(T log T) time, O(T) memory.

    Reference:
        Peters et al. 2019, algorithm 2 (alpha = 1.5). https://aclanthology.org/P19-1146
    """

    def weigh(self, scores: Tensor, mask: Tensor) -> Tensor:
        # A step whose half score is more than 1 below the highest has weight 0.
        halves = below_highest(scores / 2.0, mask)
        tau = ops.stop_gradient(threshold(halves))
        chosen = ops.cast(ops.logical_and(halves > tau, mask), scores.dtype)
        size = ops.maximum(ops.sum(chosen, axis=-1, keepdims=True), 1.0)
        mean = ops.sum(halves * chosen, axis=-1, keepdims=True) / size
        spread = ops.sum(ops.square(halves - mean) * chosen, axis=-1, keepdims=True)
        # The root is at least 1 / size in a row with text; the floor is for rows without.
        root = ops.sqrt(ops.maximum((1.0 - spread) / size, 1e-12))
        return ops.square(ops.maximum(halves - mean + root, 0.0)) * chosen


def threshold(halves: Tensor) -> Tensor:
    """Returns the tau of 1.5-entmax, (..., 1), from half scores (..., steps)."""
    falling = ops.flip(ops.sort(halves, axis=-1), axis=-1)
    ranks = ops.cumsum(ops.ones_like(falling), axis=-1)
    means = ops.cumsum(falling, axis=-1) / ranks
    squares = ops.cumsum(ops.square(falling), axis=-1) / ranks
    spread = ranks * (squares - ops.square(means))
    taus = means - ops.sqrt(ops.maximum((1.0 - spread) / ranks, 0.0))
    size = ops.sum(ops.cast(taus <= falling, halves.dtype), axis=-1, keepdims=True)
    return ops.sum(ops.where(ops.equal(ranks, size), taus, 0.0), axis=-1, keepdims=True)
