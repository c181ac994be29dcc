"""The softmax."""

from attn_tuner.attention.masking import softmax
from attn_tuner.attention.normalizers import Normalizer, normalizers
from attn_tuner.layers.types import Tensor


@normalizers.register("softmax")
class SoftmaxNormalizer(Normalizer):
    """The softmax over the steps with text.

        a_t = exp(s_t) / sum_j exp(s_j)

    Cost: O(T) time and memory.

    Reference:
        Bahdanau et al. 2015, eq. 6. https://arxiv.org/abs/1409.0473
    """

    def weigh(self, scores: Tensor, mask: Tensor) -> Tensor:
        return softmax(scores, mask)
