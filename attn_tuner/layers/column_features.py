"""Computes features of the columns beside a text, inside the model."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.text.columns.encoder import LARGEST, CategoricalColumn, ColumnEncoder


@keras.saving.register_keras_serializable(package="attn_tuner")
class ColumnFeatures(keras.layers.Layer):
    """Scales numbers, tells where one is missing, and makes categories one-hot.

        z_i = min(max((x_i - mean_i) / deviation_i, -10), 10),   0 where x_i is missing
        m_i = 1 where x_i is missing, of columns in which training values were
        o_i = one-hot of the number of the category, 0 for all that are rare or unknown

    Args:
        mean, deviation: of each column; not read of categories.
        missing: of each column, whether to tell where a number is missing.
        values: of each column the number of its values; 0 for a column of numbers.

    Shapes:
        `(batch, columns)` float32, NaN where a number is missing, to `(batch, features)` float32.
    """

    def __init__(
        self,
        mean: Sequence[float],
        deviation: Sequence[float],
        missing: Sequence[bool],
        values: Sequence[int],
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.mean, self.deviation = [float(x) for x in mean], [float(x) for x in deviation]
        self.missing, self.values = [bool(x) for x in missing], [int(x) for x in values]
        lengths = {len(each) for each in (mean, deviation, missing, values)}
        if len(lengths) > 1 or not all(each > 0 for each in self.deviation):
            raise SpaceError(
                "ColumnFeatures takes a mean, a deviation above 0, missing and values for each "
                f"column; got {self.get_config()}."
            )

    @classmethod
    def of(cls, encoder: ColumnEncoder, **kwargs: Any) -> "ColumnFeatures":
        """Makes the layer of what an encoder has learnt."""
        facts: list[tuple[float, float, bool, int]] = [
            (0.0, 1.0, False, len(each.values))
            if isinstance(each, CategoricalColumn)
            else (each.mean, each.deviation, each.missing, 0)
            for each in encoder.columns
        ]
        mean, deviation, missing, values = map(list, zip(*facts, strict=True))
        return cls(mean, deviation, missing, values, **kwargs)

    def build(self, columns_shape: Shape) -> None:
        pass

    def call(self, columns: Tensor) -> Tensor:
        found = []
        for place, count in enumerate(self.values):
            column: Tensor = columns[:, place]
            if count:
                found.append(ops.one_hot(ops.cast(column, "int32"), count + 1, dtype="float32"))
                continue
            absent = ops.isnan(column)
            scaled = (column - self.mean[place]) / self.deviation[place]
            scaled = ops.where(absent, ops.zeros_like(scaled), scaled)
            found.append(ops.clip(scaled, -LARGEST, LARGEST)[:, None])
            if self.missing[place]:
                found.append(ops.cast(absent, "float32")[:, None])
        return ops.concatenate(found, axis=-1)

    def compute_output_spec(self, columns: Tensor) -> Any:
        places = zip(self.values, self.missing, strict=True)
        width = sum(count + 1 if count else 1 + missing for count, missing in places)
        return keras.KerasTensor((columns.shape[0], width), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        own = {"mean": self.mean, "deviation": self.deviation}
        own |= {"missing": self.missing, "values": self.values}
        return {**super().get_config(), **own}
