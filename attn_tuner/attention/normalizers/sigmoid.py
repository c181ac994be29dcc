"""Sigmoids, scaled to sum to 1."""

from keras import ops

from attn_tuner.attention.masking import softmax
from attn_tuner.attention.normalizers import Normalizer, normalizers
from attn_tuner.layers.types import Tensor


@normalizers.register("sigmoid")
class SigmoidNormalizer(Normalizer):
    """A sigmoid of each score, scaled to sum to 1.

        a_t = sigmoid(s_t) / sum_j sigmoid(s_j)

    A sigmoid is at most 1, so one high score cannot bring all other weights to 0. Computed as a
    softmax over log sigmoid(s), which cannot underflow. Unlike with softmax, adding a constant to
    all scores changes the weights.

    Cost: O(T) time and memory.

    Reference:
        Rei & Søgaard 2018, eqs. 3-4. https://aclanthology.org/N18-1027
    """

    def weigh(self, scores: Tensor, mask: Tensor) -> Tensor:
        return softmax(ops.log_sigmoid(scores), mask)
