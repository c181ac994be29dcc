"""Noise on every value."""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.augmentation.base import Augmentation, strength
from attn_tuner.layers.types import Tensor


@keras.saving.register_keras_serializable(package="attn_tuner")
class Jitter(Augmentation):
    """Adds noise to every value, as a noisy sensor does.

        y_ti = x_ti + e_ti,   e ~ N(0, sigma^2)

    Args:
        sigma: float, standard deviation of the noise.
        seed: int, of the noise.

    Reference:
        Um et al. 2017, "jittering". https://arxiv.org/abs/1706.00527
    """

    def __init__(self, sigma: float = 0.05, seed: int = 0, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.sigma = strength("sigma", sigma)

    def augment(self, values: Tensor, present: Tensor) -> Tensor:
        noise = keras.random.normal(ops.shape(values), dtype="float32", seed=self.generator)
        return values + self.sigma * noise

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sigma": self.sigma}
