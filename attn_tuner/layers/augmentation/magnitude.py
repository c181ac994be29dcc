"""Factors of a whole series, and of its steps."""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.augmentation.base import Augmentation, strength
from attn_tuner.layers.augmentation.smooth_warp import SmoothWarp
from attn_tuner.layers.types import Tensor


@keras.saving.register_keras_serializable(package="attn_tuner")
class Scaling(Augmentation):
    """Multiplies each feature of a series by one factor.

        y_ti = a_i x_ti,   a ~ N(1, sigma^2)

    Args:
        sigma: float, standard deviation of the factors.
        seed: int, of the factors.

    Reference:
        Um et al. 2017, "scaling". https://arxiv.org/abs/1706.00527
    """

    def __init__(self, sigma: float = 0.1, seed: int = 0, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.sigma = strength("sigma", sigma)

    def augment(self, values: Tensor, present: Tensor) -> Tensor:
        batch, _, features = ops.shape(values)
        return values * keras.random.normal(
            (batch, 1, features), 1.0, self.sigma, dtype="float32", seed=self.generator
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sigma": self.sigma}


@keras.saving.register_keras_serializable(package="attn_tuner")
class MagnitudeWarp(SmoothWarp):
    """Multiplies each feature of a series by a smooth curve about 1.

        y_ti = c_i(t) x_ti,   c a cubic spline through K values ~ N(1, sigma^2)

    Args:
        sigma: float, standard deviation of the values at the knots.
        knots: int, the K knots, evenly spaced over the series.
        seed: int, of the curves.

    Reference:
        Um et al. 2017, "magnitude-warping"; the spline here is that of Catmull and Rom.
        https://arxiv.org/abs/1706.00527
    """

    def augment(self, values: Tensor, present: Tensor) -> Tensor:
        batch, _, features = ops.shape(values)
        return values * self.curves(present, batch, features)
