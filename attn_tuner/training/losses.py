"""Losses with label smoothing, and the loss of quantiles."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.types import Tensor
from attn_tuner.metrics import QUANTILES


class SmoothedLoss(keras.losses.Loss):
    """A loss with label smoothing.

    Args:
        smoothing: float in [0, 1), the part of each label that is spread over the classes.
        name: as in Keras.

    Raises:
        SpaceError: smoothing is out of range.
    """

    def __init__(self, smoothing: float, name: str, **kwargs: Any):
        super().__init__(name=name, **kwargs)
        if not 0 <= smoothing < 1:
            raise SpaceError(f"smoothing is {smoothing!r}. It should be from 0 to below 1.")
        self.smoothing = float(smoothing)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "smoothing": self.smoothing}


@keras.saving.register_keras_serializable(package="attn_tuner")
class SmoothedCrossentropy(SmoothedLoss):
    """Computes the cross-entropy of class numbers with label smoothing.

        L = -(1 - s) log p_y - s / k sum_c log p_c

    Keras smooths one-hot labels, `(batch, classes)`; this loss takes class numbers.

    Args:
        smoothing: float in [0, 1), s, the part of each label that is spread over the k classes.

    Shapes:
        y_true `(batch,)` or `(batch, 1)` class numbers, y_pred `(batch, classes)` probabilities.

    Reference:
        Szegedy et al. 2016, section 7. https://arxiv.org/abs/1512.00567
    """

    def __init__(self, smoothing: float = 0.1, name: str = "smoothed_crossentropy", **kwargs: Any):
        super().__init__(smoothing, name, **kwargs)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        numbers = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        return keras.losses.categorical_crossentropy(
            ops.one_hot(numbers, y_pred.shape[-1]), y_pred, label_smoothing=self.smoothing
        )


@keras.saving.register_keras_serializable(package="attn_tuner")
class PinballLoss(keras.losses.Loss):
    """Computes the mean loss of the quantiles of several numbers.

        L = mean_q max(q (y - f_q), (q - 1) (y - f_q)),   q in `levels`

    Args:
        levels: of the quantiles.
        name: as in Keras.

    Shapes:
        y_true `(batch, steps)`, y_pred `(batch, steps * quantiles)`.

    Reference:
        Koenker & Bassett 1978, eq. 1.1. https://doi.org/10.2307/1913643
    """

    def __init__(self, levels: Sequence[float] = QUANTILES, name: str = "pinball", **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.levels = [float(each) for each in levels]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "levels": self.levels}

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        count = len(self.levels)
        steps = y_pred.shape[-1] // count
        given = ops.reshape(y_pred, (-1, steps, count))
        above = ops.reshape(ops.cast(y_true, y_pred.dtype), (-1, steps, 1)) - given
        levels = ops.convert_to_tensor(self.levels, y_pred.dtype)
        return ops.mean(ops.maximum(levels * above, (levels - 1.0) * above), axis=(1, 2))


def loss_of(
    name: str, smoothing: float = 0.0, levels: Sequence[float] = QUANTILES
) -> str | keras.losses.Loss:
    """Returns the loss of that name, with label smoothing if it is a cross-entropy.

    Args:
        name: str, a loss of Keras, or "pinball".
        smoothing: float in [0, 1); 0 returns the name of Keras' loss.
        levels: of the quantiles of "pinball".
    """
    if name == "pinball":
        return PinballLoss(levels)
    if not smoothing:
        return name
    if name == "binary_crossentropy":
        return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
    if name == "sparse_categorical_crossentropy":
        return SmoothedCrossentropy(smoothing)
    return name
