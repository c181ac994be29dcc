"""Losses that do not ask a model to be certain."""

import keras
from keras import ops

from attn_tuner.errors import SpaceError


@keras.saving.register_keras_serializable(package="attn_tuner")
class SmoothedCrossentropy(keras.losses.Loss):
    """Cross-entropy of class numbers, a part of each label given to all classes alike.

        L = -(1 - s) log p_y - s / k sum_c log p_c

    Keras smooths labels that are written out, `(batch, classes)`; this takes their numbers.

    Args:
        smoothing: s, the part given away, from 0 to below 1.

    Shapes:
        y_true `(batch,)` or `(batch, 1)` class numbers, y_pred `(batch, classes)` probabilities.

    Reference:
        Szegedy et al. 2016, section 7. https://arxiv.org/abs/1512.00567
    """

    def __init__(self, smoothing=0.1, name="smoothed_crossentropy", **kwargs):
        super().__init__(name=name, **kwargs)
        if not 0 <= smoothing < 1:
            raise SpaceError(f"smoothing is {smoothing!r}. It should be from 0 to below 1.")
        self.smoothing = float(smoothing)

    def call(self, y_true, y_pred):
        numbers = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        return keras.losses.categorical_crossentropy(
            ops.one_hot(numbers, y_pred.shape[-1]), y_pred, label_smoothing=self.smoothing
        )

    def get_config(self):
        return {**super().get_config(), "smoothing": self.smoothing}


def loss_of(name: str, smoothing: float = 0.0):
    """The loss of that name, its labels smoothed where it is one of probabilities."""
    if not smoothing:
        return name
    if name == "binary_crossentropy":
        return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
    if name == "sparse_categorical_crossentropy":
        return SmoothedCrossentropy(smoothing)
    return name
