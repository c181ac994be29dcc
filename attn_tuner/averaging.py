"""The average of several models' probabilities, with one temperature on the result."""

import keras
from keras import ops

from attn_tuner.errors import SpaceError


@keras.saving.register_keras_serializable(package="attn_tuner")
class ProbabilityAverage(keras.layers.Layer):
    """A weighted average of probabilities, made sharper or flatter by a temperature.

        p = sum_k w_k p_k
        q_c = p_c^(1/t) / sum_j p_j^(1/t)

    The temperature is a weight that training leaves alone, 1 until `set_temperature`; so it is
    saved with the model, and setting it changes no graph.

    Args:
        weights: a share for each input, summing to 1.

    Shapes:
        as many `(batch, classes)` as there are shares, or `(batch, 1)` for class 1 of two, to one
        of the same shape, float32.
    """

    def __init__(self, weights, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.shares = tuple(float(share) for share in weights)
        if not self.shares or min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-6:
            raise SpaceError(
                f"The weights of an average should be at least 0 and sum to 1; got {self.shares}."
            )

    def build(self, shapes):
        self.temperature = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="temperature"
        )

    def set_temperature(self, temperature: float):
        """Replaces the temperature; above 1 flattens, below 1 sharpens."""
        self.temperature.assign(temperature)

    def call(self, probabilities):
        shares = zip(self.shares, probabilities, strict=True)
        mixed = sum(share * ops.cast(each, "float32") for share, each in shares)
        power = 1.0 / ops.cast(self.temperature, "float32")
        # Probabilities of exactly 0 and 1 come back as themselves, without a logarithm of 0.
        raised = ops.power(ops.clip(mixed, 0.0, 1.0), power)
        if mixed.shape[-1] > 1:
            return raised / ops.sum(raised, axis=-1, keepdims=True)
        return raised / (raised + ops.power(ops.clip(1.0 - mixed, 0.0, 1.0), power))

    def compute_output_spec(self, probabilities):
        return keras.KerasTensor(probabilities[0].shape, dtype="float32")

    def get_config(self):
        return {**super().get_config(), "weights": list(self.shares)}
