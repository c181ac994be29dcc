"""Independent gates."""

from keras import ops

from attn_tuner.attention.masking import softmax
from attn_tuner.attention.normalizers import Normalizer, normalizers
from attn_tuner.layers.types import Tensor


@normalizers.register("sigmoid")
class SigmoidNormalizer(Normalizer):
    """Each step opens a gate of its own; the gates are then scaled to sum to 1.

        a_t = sigmoid(s_t) / sum_j sigmoid(s_j)

    A gate cannot open further than 1, so that no step can silence all others. Computed as a
    softmax over log sigmoid(s), which cannot underflow. Adding a constant to all scores does
    change these weights.

    Cost: O(T) time and memory.

    Reference:
        Rei & Søgaard 2018, eqs. 3-4. https://aclanthology.org/N18-1027
    """

    def weigh(self, scores: Tensor, mask: Tensor) -> Tensor:
        return softmax(ops.log_sigmoid(scores), mask)
