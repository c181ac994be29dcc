"""What augmentations by a smooth random curve share."""

from typing import Any

import keras

from attn_tuner.layers.arguments import size
from attn_tuner.layers.augmentation.base import Augmentation, strength
from attn_tuner.layers.augmentation.curves import relative_places, smooth_curve
from attn_tuner.layers.types import Tensor


class SmoothWarp(Augmentation):
    """Changes series by a cubic spline through K values drawn from N(1, sigma^2).

    Args:
        sigma: float, standard deviation of the values at the knots.
        knots: int, the K knots, evenly spaced over the series.
        seed: int, of the curves.
    """

    def __init__(self, sigma: float = 0.2, knots: int = 4, seed: int = 0, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.sigma = strength("sigma", sigma)
        self.knots = size("knots", knots, least=2)

    def curves(self, present: Tensor, batch: Any, count: Any) -> Tensor:
        """Draws curves over each series: `(batch, steps, count)`.

        Args:
            present: bool, `(batch, steps)`.
            batch: number of series.
            count: curves of a series.
        """
        knots = keras.random.normal(
            (batch, self.knots, count), 1.0, self.sigma, dtype="float32", seed=self.generator
        )
        return smooth_curve(relative_places(present), knots)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sigma": self.sigma, "knots": self.knots}
