"""Time that runs faster here and slower there."""

import keras
from keras import ops

from attn_tuner.layers.augmentation.curves import ends, read_at
from attn_tuner.layers.augmentation.smooth_warp import SmoothWarp
from attn_tuner.layers.types import Tensor

LEAST_SPEED = 0.1  # Time never stands still and never runs back.


@keras.saving.register_keras_serializable(package="attn_tuner")
class TimeWarp(SmoothWarp):
    """Reads a series at places whose distances change smoothly; its first and last step stay.

        y_t = x(tau_t),   tau_t = (T - 1) sum_{s<t} c(s) / sum_{s<T-1} c(s)

    c is a cubic spline through K values drawn from N(1, sigma^2), at least 0.1. Between steps x is
    linear.

    Args:
        sigma: float, standard deviation of the speed at the knots.
        knots: int, the K knots, evenly spaced over the series.
        seed: int, of the curves.

    Reference:
        Um et al. 2017, "time-warping"; the spline here is that of Catmull and Rom.
        https://arxiv.org/abs/1706.00527
    """

    def augment(self, values: Tensor, present: Tensor) -> Tensor:
        first, last = ends(present)
        drawn = self.curves(present, ops.shape(values)[0], 1)[:, :, 0]
        speed = ops.maximum(drawn, LEAST_SPEED)
        step = ops.cast(ops.arange(ops.shape(values)[1], dtype="int32"), "float32")
        # The speed of a step leads to the next, so that of the last leads nowhere.
        moving = ops.logical_and(step >= first, step < last)
        speed = ops.where(moving, speed, 0.0)
        passed = ops.cumsum(speed, axis=1) - speed
        whole = ops.maximum(ops.sum(speed, axis=1, keepdims=True), LEAST_SPEED)
        return read_at(values, ops.clip(first + passed / whole * (last - first), first, last))
