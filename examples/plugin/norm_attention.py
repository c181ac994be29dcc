"""Attention by the norm of the states, as a package of its own."""

import keras
from keras import ops

from attn_tuner.attention import Head, heads, masked_normalize
from attn_tuner.space import Float


@heads.register("norm", sharpness=Float(0.5, 4.0, log=True, default=1.0))
class NormHead(Head):
    """Weighs each step by the root mean square of its state.

        score_t = s sqrt(mean_i h_ti^2)
        a = softmax(score)
        context = sum_t a_t h_t

    Args:
        sharpness: float, the trained scale s before training. 0 is the mean of the states.

    Cost: O(T d) time, O(T) memory; one weight.

    Reference:
        Kobayashi et al. 2020, section 3, for norms as a measure of attention.
        https://aclanthology.org/2020.emnlp-main.574
    """

    averages = True  # The context is an average of the states.

    def __init__(self, sharpness=1.0, **kwargs):
        super().__init__(**kwargs)
        self.sharpness = sharpness

    def build(self, states_shape):
        start = keras.initializers.Constant(self.sharpness)
        self.scale = self.add_weight(shape=(), initializer=start, name="scale")

    def attend(self, states, mask):
        # The root has no gradient at 0, where padding is.
        norms = ops.sqrt(ops.mean(ops.square(states), axis=-1) + 1e-6)
        weights = masked_normalize(self.scale * norms, mask)[:, None, :]  # (batch, 1, steps)
        context = ops.matmul(ops.cast(weights, states.dtype), states)[:, 0]
        return context, weights

    def compute_output_shape(self, states_shape):
        return (states_shape[0], states_shape[-1])
