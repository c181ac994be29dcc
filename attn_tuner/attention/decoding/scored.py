"""The base of the decoder attentions that are made of a score and a normalizer."""

from typing import Any

from keras import ops

from attn_tuner.attention.decoding import DecoderAttention
from attn_tuner.attention.masking import average, masked_normalize
from attn_tuner.attention.normalizers import normalizers
from attn_tuner.attention.scores import scores
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.space import Choice

NORMALIZERS = Choice(["softmax", "sparsemax", "entmax15"])
COVERAGE = Choice([False, True])


class ScoredDecoderAttention(DecoderAttention):
    """Averages the states, weighted by their scores against the state of the decoder.

        a = normalize(score(h_j, q))
        context = sum_j a_j h_j

    With coverage the score also reads how much each state has been attended to so far, beside what
    it has computed of the state once for all steps, k_j (W h_j of the additive score):

        c_ij = sum_{l < i} a_lj
        k_ij = k_j + w_c c_ij

    w_c begins at 0, as if there were no coverage.

    Args:
        score: how well a state matches the query, one of `scores`.
        normalizer: turns scores into weights, one of `normalizers`.
        coverage: whether the score reads the coverage.

    Reference:
        Luong et al. 2015, section 3.1. https://aclanthology.org/D15-1166 ;
        Tu et al. 2016, section 3 (coverage). https://aclanthology.org/P16-1008 ;
        See et al. 2017, eqs. 10-11. https://aclanthology.org/P17-1099
    """

    def __init__(
        self,
        score: Member,
        normalizer: Member = "softmax",
        coverage: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.coverage = bool(coverage)
        self.score = self.member(scores, score)
        self.normalizer = self.member(normalizers, normalizer)
        self.equal_widths = self.score.equal_widths

    def build(self, query_shape: Shape, states_shape: Shape) -> None:
        batch, steps = states_shape[:2]
        self.score.build(states_shape, (batch, 1, query_shape[-1]))
        self.normalizer.build((batch, 1, steps))
        if self.coverage:
            width = self.score.prepared_width(states_shape[-1])
            self.w_c = self.add_weight(shape=(width,), initializer="zeros", name="w_c")

    def keys(self, states: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        return (self.score.prepare(states),)

    def start(self, prepared: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (ops.zeros_like(prepared[0], dtype="float32"),) if self.coverage else ()

    def window(
        self, scores: Tensor, query: Tensor, mask: Tensor, progress: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Restricts attention to some steps.

        Args:
            scores: (batch, 1, steps).
            query: (batch, query features).
            mask: bool, (batch, steps).
            progress: what the last step carried.

        Returns:
            The scores, a mask of the steps that may be attended to, broadcast to their shape, and
            what is carried into the next step.
        """
        return scores, mask[:, None, :], progress

    def attend(
        self, query: Tensor, prepared: tuple[Tensor, ...], progress: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        mask, states, keys = prepared
        covered, progress = progress[: self.coverage], progress[self.coverage :]
        for each in covered:
            each = ops.cast(each, keys.dtype)[:, :, None]
            keys = keys + each * ops.cast(self.w_c, keys.dtype)
        scores = self.score.compare(keys, query[:, None, :])
        scores, seen, progress = self.window(scores, query, mask, progress)
        alignment = masked_normalize(scores, seen, self.normalizer)
        covered = tuple(each + alignment[:, 0] for each in covered)
        return average(alignment, states)[:, 0], alignment, (*covered, *progress)
