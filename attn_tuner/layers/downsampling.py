"""Averages windows of steps of a series, and divides what belongs to a window among its steps."""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.arguments import size
from attn_tuner.layers.missing_values import known
from attn_tuner.layers.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="attn_tuner")
class Downsampling(keras.layers.Layer):
    """Averages each window of `factor` steps to one step, each feature by itself.

        y_ji = mean of the x_ti that are not missing,   t = j f, ..., j f + f - 1

    y_ji is missing where none of them is there. The last window has the steps that are left, and
    padding is no step: it is missing in every feature.

    Args:
        factor: int, f, steps of a window.

    Shapes:
        `(batch, steps, features)`, NaN where a value is missing and behind the last step, to
        `(batch, ceil(steps / factor), features)`, float32.

    Reference:
        Keogh et al. 2001, piecewise aggregate approximation. https://doi.org/10.1007/PL00011669
    """

    def __init__(self, factor: int = 2, **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.factor = size("factor", factor)

    def build(self, values_shape: Shape) -> None:
        pass

    def call(self, values: Tensor) -> Tensor:
        total = _sums(known(values), self.factor)
        count = _sums(1.0 - ops.cast(ops.isnan(values), values.dtype), self.factor)
        return ops.where(count > 0, total / ops.maximum(count, 1.0), float("nan"))

    def compute_output_spec(self, values: Tensor) -> Any:
        steps = values.shape[1]
        windows = None if steps is None else -(-steps // self.factor)
        return keras.KerasTensor((values.shape[0], windows, values.shape[2]), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable(package="attn_tuner")
class SpreadOverSteps(keras.layers.Layer):
    """Divides the weight of each window of `Downsampling` evenly among its steps.

        a_t = w_j / n_j,   j = floor(t / f);   0 at padding

    n_j is the number of steps of the window, fewer than f in the last. So the sum stays the same.

    Args:
        factor: int, f, steps of a window.

    Shapes:
        weights `(batch, hops, windows)`, and the mask `(batch, steps)`, True up to the last step of
        a series, to `(batch, hops, steps)`.
    """

    def __init__(self, factor: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.factor = size("factor", factor)

    def build(self, weights_shape: Shape) -> None:
        pass

    def call(self, weights: Tensor, present: Tensor) -> Tensor:
        inside: Tensor = ops.cast(present, weights.dtype)[:, :, None]
        share = ops.transpose(weights, (0, 2, 1)) / ops.maximum(_sums(inside, self.factor), 1.0)
        windows, hops = ops.shape(share)[1], ops.shape(weights)[1]
        repeated = share[:, :, None, :] * ops.ones((self.factor, 1), share.dtype)
        steps = ops.reshape(repeated, (-1, windows * self.factor, hops))
        return ops.transpose(steps[:, : ops.shape(present)[1]] * inside, (0, 2, 1))

    def compute_output_spec(self, weights: Tensor, present: Tensor) -> Any:
        shape = (*weights.shape[:2], present.shape[1])
        return keras.KerasTensor(shape, dtype=weights.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


def _sums(values: Tensor, factor: int) -> Tensor:
    """Sums each window of `factor` steps: `(batch, steps, n)` to `(batch, windows, n)`."""
    windows = (ops.shape(values)[1] + factor - 1) // factor
    longer: Tensor = ops.pad(values, ((0, 0), (0, factor - 1), (0, 0)))
    cut = longer[:, : windows * factor]
    return ops.sum(ops.reshape(cut, (-1, windows, factor, values.shape[2])), axis=2)
