"""Quantiles of each number, in order: made so, and kept so when they are moved."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.metrics import QUANTILES


@keras.saving.register_keras_serializable(package="attn_tuner")
class SortedQuantiles(keras.layers.Layer):
    """Makes quantiles of free numbers, so that none crosses another.

        q_m = z_m,   q_j = q_{j-1} + g(z_j) above the median,   q_j = q_{j+1} - g(z_j) below it
        g(z) = elu(z) + 1 > 0

    Averages of such quantiles, and positive multiples of them, are in order too.

    Args:
        levels: of the quantiles, rising, with 0.5 among them.

    Shapes:
        `(batch, steps * quantiles)` to the same, float32: the quantiles of a step, then the next.

    Reference:
        Gasthaus et al. 2019, section 3, and Park et al. 2022, for quantiles as sums of positive
        steps. https://proceedings.mlr.press/v89/gasthaus19a.html https://arxiv.org/abs/2111.06581
    """

    def __init__(self, levels: Sequence[float] = QUANTILES, **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.levels = [float(each) for each in levels]

    def build(self, shape: Shape) -> None:
        if shape[-1] % len(self.levels):
            raise SpaceError(
                f"{shape[-1]} columns are no multiple of the {len(self.levels)} quantiles of a "
                "step."
            )

    def call(self, free: Tensor) -> Tensor:
        count, middle = len(self.levels), self.levels.index(0.5)
        each = ops.reshape(free, (-1, free.shape[-1] // count, count))
        gaps = ops.elu(each) + 1.0
        found = {middle: each[:, :, middle]}
        for place in range(middle + 1, count):
            found[place] = found[place - 1] + gaps[:, :, place]
        for place in range(middle - 1, -1, -1):
            found[place] = found[place + 1] - gaps[:, :, place]
        ordered = ops.stack([found[place] for place in range(count)], axis=-1)
        return ops.reshape(ordered, (-1, free.shape[-1]))

    def compute_output_spec(self, free: Tensor) -> Any:
        return keras.KerasTensor(free.shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "levels": self.levels}


@keras.saving.register_keras_serializable(package="attn_tuner")
class MovedQuantiles(keras.layers.Layer):
    """Adds a constant to each quantile of each number; one that would cross the next stays at it.

        q_m' = q_m + o_m,   q_j' = max(q_j + o_j, q_{j-1}') above the median,   min below it

    Args:
        offsets: one for each column, in the unit of the numbers.
        levels: of the quantiles, rising, with 0.5 among them.

    Shapes:
        `(batch, steps * quantiles)` to the same, float32.
    """

    def __init__(
        self, offsets: Sequence[float], levels: Sequence[float] = QUANTILES, **kwargs: Any
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.offsets = [float(each) for each in offsets]
        self.levels = [float(each) for each in levels]

    def build(self, shape: Shape) -> None:
        if shape[-1] != len(self.offsets):
            raise SpaceError(
                f"There are {len(self.offsets)} offsets for {shape[-1]} columns. Give one for each."
            )

    def call(self, quantiles: Tensor) -> Tensor:
        columns, count, middle = len(self.offsets), len(self.levels), self.levels.index(0.5)
        moved = quantiles + ops.convert_to_tensor(self.offsets, "float32")
        each = ops.reshape(moved, (-1, columns // count, count))
        found = {middle: each[:, :, middle]}
        for place in range(middle + 1, count):
            found[place] = ops.maximum(found[place - 1], each[:, :, place])
        for place in range(middle - 1, -1, -1):
            found[place] = ops.minimum(found[place + 1], each[:, :, place])
        ordered = ops.stack([found[place] for place in range(count)], axis=-1)
        return ops.reshape(ordered, (-1, columns))

    def compute_output_spec(self, quantiles: Tensor) -> Any:
        return keras.KerasTensor(quantiles.shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "offsets": self.offsets, "levels": self.levels}
