"""The global attentions of Luong et al.: three scores of the state after the step."""

from typing import Any

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.attention.decoding.scored import COVERAGE, NORMALIZERS, ScoredDecoderAttention
from attn_tuner.attention.scores.concat import ConcatScore
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Member
from attn_tuner.space import Int


@decoder_attentions.register("dot", normalizer=NORMALIZERS, coverage=COVERAGE)
class DotDecoderAttention(ScoredDecoderAttention):
    """The dot product of each state and the state of the decoder after the step.

        a_i(j) = softmax_j(h_j . s_i)
        c_i = sum_j a_i(j) h_j

    States and query need the same width; where they differ, a decoder projects the states.

    Args:
        normalizer: turns scores into weights, "softmax", "sparsemax" or "entmax15".
        coverage: whether the score reads how much each state has been attended to so far; see
            `ScoredDecoderAttention`, and See et al. 2017, eq. 11,
            https://aclanthology.org/P17-1099.

    Cost: O(T d) for a step; no weights.

    Reference:
        Luong et al. 2015, eqs. 7-8 (dot). https://aclanthology.org/D15-1166
    """

    settled = ("score",)

    def __init__(self, normalizer: Member = "softmax", coverage: bool = False, **kwargs: Any):
        super().__init__("dot", normalizer, coverage, **kwargs)


@decoder_attentions.register("general", normalizer=NORMALIZERS, coverage=COVERAGE)
class GeneralDecoderAttention(ScoredDecoderAttention):
    """A learned bilinear form between each state and the state of the decoder after the step.

        a_i(j) = softmax_j(h_j . W s_i)
        c_i = sum_j a_i(j) h_j

    Args:
        normalizer: turns scores into weights, "softmax", "sparsemax" or "entmax15".
        coverage: whether the score reads how much each state has been attended to so far; see
            `ScoredDecoderAttention`, and See et al. 2017, eq. 11,
            https://aclanthology.org/P17-1099.

    Cost: O(d^2 + T d) for a step.

    Reference:
        Luong et al. 2015, eqs. 7-8 (general). https://aclanthology.org/D15-1166
    """

    settled = ("score",)

    def __init__(self, normalizer: Member = "softmax", coverage: bool = False, **kwargs: Any):
        super().__init__("general", normalizer, coverage, **kwargs)


@decoder_attentions.register(
    "concat", units=Int(32, 256, step=32, default=64), normalizer=NORMALIZERS, coverage=COVERAGE
)
class ConcatDecoderAttention(ScoredDecoderAttention):
    """A hidden layer over the concatenation of each state and the state after the step.

        a_i(j) = softmax_j(v . tanh(W [h_j; s_i]))
        c_i = sum_j a_i(j) h_j

    Args:
        units: width of the hidden layer.
        normalizer: turns scores into weights, "softmax", "sparsemax" or "entmax15".
        coverage: whether the score reads how much each state has been attended to so far; see
            `ScoredDecoderAttention`, and See et al. 2017, eq. 11,
            https://aclanthology.org/P17-1099.

    Cost: O(T d units) once for a source, O(T (units + d)) for a step.

    Reference:
        Luong et al. 2015, eqs. 7-8 (concat). https://aclanthology.org/D15-1166
    """

    settled = ("score",)

    def __init__(
        self, units: int = 64, normalizer: Member = "softmax", coverage: bool = False, **kwargs: Any
    ):
        score = ConcatScore(units, dtype=kwargs.get("dtype"))
        super().__init__(score, normalizer, coverage, **kwargs)
        self.units = size("units", units)
