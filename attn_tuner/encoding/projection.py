"""Numeric sequences in place of embedded tokens."""

from typing import Any

import keras

from attn_tuner.encoding.base import Encoder
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor


class Projection(Encoder):
    """Projects vectors (batch, steps, features) to the width of an embedding.

        e_t = norm(W x_t + b)

    For time series, sensor readings and precomputed features: it takes the place of the embedding.
    Layer normalisation makes it independent of the scale of the inputs.

    Args:
        units: number of features of a projected step.
        normalize: whether to normalise each projected step.

    Cost: O(T d units) time.

    Reference:
        Ba et al. 2016, eq. 4, for the normalisation. https://arxiv.org/abs/1607.06450
    """

    def __init__(self, units: int = 64, normalize: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = size("units", units)
        self.normalize = normalize
        self.dense = keras.layers.Dense(self.units, dtype=self.policy_of("dense"))
        self.norm = keras.layers.LayerNormalization(dtype=self.dtype_policy) if normalize else None

    def build(self, embedded_shape: Shape) -> None:
        self.dense.build(embedded_shape)
        if self.norm:
            self.norm.build((*embedded_shape[:-1], self.units))

    def encode(self, embedded: Tensor, mask: Tensor, training: bool = False) -> Tensor:
        projected = self.dense(embedded)
        return self.norm(projected) if self.norm else projected

    def features_out(self, features: int) -> int:
        return self.units
