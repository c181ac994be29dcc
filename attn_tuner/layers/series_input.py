"""What a model does with raw series of numbers before it reads them: cut, mask, scale, fill.

A batch is padded with NaN behind the last step of each series. So one tensor says what the numbers
are, which are missing, and how long each series is.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.inputs.truncation import TRUNCATIONS
from attn_tuner.layers.arguments import size
from attn_tuner.layers.missing_values import known
from attn_tuner.layers.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="attn_tuner")
class StepLimit(keras.layers.Layer):
    """Truncates series to a number of steps, as `TokenLimits` truncates texts.

    The padding behind a series is not counted. Truncating twice to the same limit is the same as
    once.

    Args:
        max_length: int, steps kept of a series; None keeps all.
        truncation: which part stays, `"head"`, `"tail"` or `"ends"`.

    Shapes:
        `(batch, steps, features)` to `(batch, min(steps, max_length), features)`, float32.
    """

    def __init__(self, max_length: int | None = None, truncation: str = "head", **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        if truncation not in TRUNCATIONS:
            raise SpaceError(
                f"truncation is '{truncation}'. It should be one of {', '.join(TRUNCATIONS)}."
            )
        self.max_length = None if max_length is None else size("max_length", max_length)
        self.truncation = truncation

    def build(self, series_shape: Shape) -> None:
        pass

    def call(self, series: Tensor) -> Tensor:
        if self.max_length is None:
            return series
        limit, steps = self.max_length, ops.shape(series)[1]
        static = isinstance(steps, int)  # JAX wants a Python int, TensorFlow may have a tensor.
        kept = min(steps, limit) if static else ops.minimum(steps, limit)
        length = ops.sum(ops.cast(step_mask(series), "int32"), axis=1, keepdims=True)
        overlong = ops.maximum(length - limit, 0)
        at = ops.arange(kept, dtype="int32")[None]
        front = limit - limit // 2  # As in `inputs.truncation`.
        skipped = {"head": 0, "tail": 1, "ends": ops.cast(at >= front, "int32")}
        index = at + overlong * skipped[self.truncation]
        index = ops.where(index < steps, index, steps - 1)
        return ops.take_along_axis(series, index[:, :, None], axis=1)

    def compute_output_spec(self, series: Tensor) -> Any:
        steps = series.shape[1]
        if steps is not None and self.max_length is not None:
            steps = min(steps, self.max_length)
        return keras.KerasTensor((series.shape[0], steps, series.shape[2]), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        own = {"max_length": self.max_length, "truncation": self.truncation}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="attn_tuner")
class StepMask(keras.layers.Layer):
    """True up to the last step of a series: the last in which any feature has a value.

    Shapes:
        `(batch, steps, features)` to `(batch, steps)`, bool.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})

    def build(self, series_shape: Shape) -> None:
        pass

    def call(self, series: Tensor) -> Tensor:
        return step_mask(series)

    def compute_output_spec(self, series: Tensor) -> Any:
        return keras.KerasTensor(series.shape[:2], dtype="bool")


@keras.saving.register_keras_serializable(package="attn_tuner")
class StandardizedSteps(keras.layers.Layer):
    """Brings each feature to mean 0 and deviation 1, by the numbers of the training series.

        z_ti = (x_ti - mean_i) / deviation_i

    What is missing stays missing: `FilledSteps` comes behind it.

    Args:
        mean: mean of each feature.
        deviation: standard deviation of each feature, above 0.

    Shapes:
        `(batch, steps, features)` to the same, float32.
    """

    def __init__(self, mean: Sequence[float], deviation: Sequence[float], **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.mean = [float(each) for each in mean]
        self.deviation = [float(each) for each in deviation]
        if len(self.mean) != len(self.deviation) or not all(each > 0 for each in self.deviation):
            raise SpaceError(
                "StandardizedSteps takes one mean and one deviation above 0 for each feature; got "
                f"{len(self.mean)} means and the deviations {self.deviation}."
            )

    def build(self, series_shape: Shape) -> None:
        pass

    def call(self, series: Tensor) -> Tensor:
        return (series - ops.convert_to_tensor(self.mean, "float32")) / ops.convert_to_tensor(
            self.deviation, "float32"
        )

    def compute_output_spec(self, series: Tensor) -> Any:
        return keras.KerasTensor(series.shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "deviation": self.deviation}


@keras.saving.register_keras_serializable(package="attn_tuner")
class FilledSteps(keras.layers.Layer):
    """Puts the mean, 0 behind the scaling, where a value is missing, and tells where that is.

        y_ti = z_ti,   0 where z_ti is missing or padding
        m_ti = 1 where z_ti is missing, appended with `missing`

    Args:
        missing: bool, whether to append where values are missing.

    Shapes:
        values `(batch, steps, features)`, and the mask `(batch, steps)` of `StepMask`, to `(batch,
        steps, features)`, twice as many features with `missing`; float32.
    """

    def __init__(self, missing: bool = False, **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.missing = bool(missing)
        self.supports_masking = True

    def build(self, values_shape: Shape) -> None:
        pass

    def call(self, values: Tensor, present: Tensor) -> Tensor:
        filled = known(values)
        if not self.missing:
            return filled
        told = ops.logical_and(ops.isnan(values), present[:, :, None])
        return ops.concatenate([filled, ops.cast(told, "float32")], axis=-1)

    def compute_output_spec(self, values: Tensor, present: Tensor) -> Any:
        width = values.shape[2] * (2 if self.missing else 1)
        return keras.KerasTensor((*values.shape[:2], width), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "missing": self.missing}


def step_mask(series: Tensor) -> Tensor:
    """Returns `(batch, steps)` bool, True up to the last step with a value."""
    present = ops.cast(ops.any(ops.logical_not(ops.isnan(series)), axis=-1), "int32")
    # From the end backwards, the greatest so far: 1 from the last step with a value on.
    return ops.flip(ops.cumsum(ops.flip(present, axis=1), axis=1), axis=1) > 0
