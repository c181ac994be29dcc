"""The contract of an augmentation, and what all augmentations share."""

from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.types import Shape, Tensor


class Augmentation(keras.layers.Layer):
    """Changes series while training, and leaves them as they are elsewhere.

    A subclass implements `augment`. Padding, the mask and the number of steps stay the same.

    Args:
        seed: int, of the random numbers.

    Shapes:
        values `(batch, steps, features)`, mask `(batch, steps)` to `(batch, steps, features)`.
    """

    def __init__(self, seed: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, values_shape: Shape) -> None:
        pass

    def augment(self, values: Tensor, present: Tensor) -> Tensor:
        """Returns the changed values; what it puts at padding is not used.

        Args:
            values: `(batch, steps, features)` float32, NaN where a value is missing.
            present: bool, `(batch, steps)`, one row of True in each series.
        """
        raise NotImplementedError(f"{type(self).__name__} has no augment(values, present).")

    def call(self, values: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        if not training:
            return values
        if mask is None:
            mask = ops.ones(ops.shape(values)[:2], dtype="bool")
        present = ops.cast(mask, "bool")
        changed = self.augment(ops.cast(values, "float32"), present)
        return ops.where(present[:, :, None], ops.cast(changed, values.dtype), values)

    def compute_output_spec(
        self, values: Tensor, mask: Tensor | None = None, training: bool = False
    ) -> Any:
        return keras.KerasTensor(values.shape, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


def strength(name: str, value: float, most: float | None = None) -> float:
    """Returns an argument as a float of at least 0.

    Raises:
        SpaceError: it is no such number; says the name of the argument.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise SpaceError(f"{name} is {value!r}. It should be a number of at least 0.")
    if most is not None and value > most:
        raise SpaceError(f"{name} is {value!r}. It should be at most {most:g}.")
    return float(value)
