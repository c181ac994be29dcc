"""Layers that prepare numbers in the model: clipping, and differences between steps."""

from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.missing_values import choose
from attn_tuner.layers.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="attn_tuner")
class Clipping(keras.layers.Layer):
    """Limits every value; missing values stay missing.

        y = min(max(x, low), high)

    Args:
        low, high: float, the limits; behind the scaling, in standard deviations.

    Shapes:
        `(batch, steps, features)` to the same.
    """

    def __init__(self, low: float = -5.0, high: float = 5.0, **kwargs: Any):
        super().__init__(**kwargs)
        if not low < high:
            raise SpaceError(f"low is {low!r} and high is {high!r}. low should be below high.")
        self.low, self.high = float(low), float(high)
        self.supports_masking = True

    def build(self, values_shape: Shape) -> None:
        pass

    def call(self, values: Tensor) -> Tensor:
        # Where a value is missing no backend's `clip` has to say what it does.
        return ops.where(ops.isnan(values), values, ops.clip(values, self.low, self.high))

    def compute_output_shape(self, values_shape: Shape) -> Shape:
        return values_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "low": self.low, "high": self.high}


@keras.saving.register_keras_serializable(package="attn_tuner")
class Differences(keras.layers.Layer):
    """Subtracts the step before from each step.

        y_t = x_t - x_{t-1},   y = 0 at the first step

    A difference to a missing value is missing. Padding stays as it is.

    Args:
        keep: bool, whether the values stand in front of their differences.

    Shapes:
        `(batch, steps, features)` to the same, or with `keep` to `(batch, steps, 2 features)`;
        mask `(batch, steps)`.
    """

    def __init__(self, keep: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.keep = keep
        self.supports_masking = True

    def build(self, values_shape: Shape) -> None:
        pass

    def call(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        steps = values[:, 1:] - values[:, :-1]
        found = ops.concatenate([ops.zeros_like(values[:, :1]), steps], axis=1)
        if mask is not None:
            present: Tensor = ops.cast(mask, "bool")
            earlier = ops.concatenate([ops.zeros_like(present[:, :1]), present[:, :-1]], axis=1)
            inside: Tensor = ops.logical_and(present, earlier)
            found = choose(inside[:, :, None], found, ops.zeros_like(found))
            found = choose(present[:, :, None], found, values)
        return ops.concatenate([values, found], axis=-1) if self.keep else found

    def compute_output_shape(self, values_shape: Shape) -> Shape:
        return (*values_shape[:-1], values_shape[-1] * (1 + self.keep))

    def compute_output_spec(self, values: Tensor, mask: Tensor | None = None) -> Any:
        return keras.KerasTensor(self.compute_output_shape(values.shape), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "keep": self.keep}
