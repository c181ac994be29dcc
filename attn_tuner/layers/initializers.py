"""Initial values of recurrent weights."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("attn_tuner")
class RoundedOrthogonal(keras.initializers.Orthogonal):
    """Keras' orthogonal matrices in every dtype.

        W W^T = I

    They come from a QR decomposition, which TensorFlow and PyTorch lack in bfloat16; so it is
    made in float32 and rounded.

    Reference:
        Saxe et al. 2014, section 3. https://arxiv.org/abs/1312.6120
    """

    def __call__(self, shape, dtype=None):
        return ops.cast(super().__call__(shape, dtype="float32"), dtype or keras.config.floatx())
