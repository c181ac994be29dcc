"""The softmax over the highest scores."""

from typing import Any

from keras import ops

from attn_tuner.attention.masking import softmax
from attn_tuner.attention.normalizers import Normalizer, normalizers
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Tensor
from attn_tuner.space import Int


@normalizers.register("topk", k=Int(1, 16, log=True, default=8))
class TopKNormalizer(Normalizer):
    """The softmax over the k highest scores; all other steps get exactly 0.

        a = softmax over the k largest s_t

    Steps that tie with the k-th are included, so that equal states get equal weights.

    Args:
        k: number of steps; all of them if the text is shorter.

    Cost: O(T log T) time, O(T) memory.

    Reference:
        Shazeer et al. 2017, eqs. 3-5, without the noise. https://arxiv.org/abs/1701.06538
    """

    def __init__(self, k: int = 8, **kwargs: Any):
        super().__init__(**kwargs)
        self.k = size("k", k)

    def weigh(self, scores: Tensor, mask: Tensor) -> Tensor:
        ranked = ops.where(mask, ops.stop_gradient(scores), -1e30)
        best = ops.flip(ops.sort(ranked, axis=-1), axis=-1)[..., : self.k]
        chosen = ops.logical_and(ranked >= best[..., -1:], mask)
        return softmax(scores, chosen)
