"""The usual normalizer."""

from attn_tuner.attention import masking
from attn_tuner.attention.normalizers import Normalizer, normalizers


@normalizers.register("softmax")
class SoftmaxNormalizer(Normalizer):
    """Every step with text gets some weight.

        a_t = exp(s_t) / sum_j exp(s_j)

    Cost: O(T) time and memory.

    Reference:
        Bahdanau et al. 2015, eq. 6. https://arxiv.org/abs/1409.0473
    """

    def weigh(self, scores, mask):
        return masking.softmax(scores, mask)
