"""The attention of Bahdanau et al."""

from typing import Any

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.attention.decoding.scored import COVERAGE, NORMALIZERS, ScoredDecoderAttention
from attn_tuner.attention.scores.additive import AdditiveScore
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Member
from attn_tuner.space import Int


@decoder_attentions.register(
    "additive", units=Int(32, 256, step=32, default=64), normalizer=NORMALIZERS, coverage=COVERAGE
)
class AdditiveDecoderAttention(ScoredDecoderAttention):
    """A hidden layer over each state and the state of the decoder before the step.

        e_ij = v . tanh(W h_j + U s_{i-1} + b)
        a_ij = exp(e_ij) / sum_k exp(e_ik)
        c_i = sum_j a_ij h_j

    The cell of the decoder reads c_i beside the last token.

    Args:
        units: width of the hidden layer.
        normalizer: turns scores into weights, "softmax", "sparsemax" or "entmax15".
        coverage: whether the score reads how much each state has been attended to so far; see
            `ScoredDecoderAttention`, and See et al. 2017, eq. 11,
            https://aclanthology.org/P17-1099.

    Cost: O(T d units) once for a source, O(T (units + d)) for a step.

    Reference:
        Bahdanau et al. 2015, eqs. 5-6 and A.1.2. https://arxiv.org/abs/1409.0473 ;
        Peters et al. 2019 for sparse weights. https://aclanthology.org/P19-1146
    """

    settled = ("score",)
    before_cell = True

    def __init__(
        self, units: int = 64, normalizer: Member = "softmax", coverage: bool = False, **kwargs: Any
    ):
        score = AdditiveScore(units, dtype=kwargs.get("dtype"))
        super().__init__(score, normalizer, coverage, **kwargs)
        self.units = size("units", units)
