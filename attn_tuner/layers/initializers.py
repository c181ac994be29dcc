"""Initial values of recurrent weights."""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.types import Shape, Tensor


@keras.saving.register_keras_serializable("attn_tuner")
class RoundedOrthogonal(keras.initializers.Orthogonal):
    """Keras' orthogonal initializer, for every dtype.

        W W^T = I

    It needs a QR decomposition, which TensorFlow and PyTorch do not have in bfloat16, so it is
    computed in float32 and rounded.

    Reference:
        Saxe et al. 2014, section 3. https://arxiv.org/abs/1312.6120
    """

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        return ops.cast(super().__call__(shape, dtype="float32"), dtype or keras.config.floatx())
