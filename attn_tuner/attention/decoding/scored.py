"""The base of the decoder attentions that are made of a score and a normalizer."""

from typing import Any

from attn_tuner.attention.decoding import DecoderAttention
from attn_tuner.attention.masking import average, masked_normalize
from attn_tuner.attention.normalizers import normalizers
from attn_tuner.attention.scores import scores
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.space import Choice

NORMALIZERS = Choice(["softmax", "sparsemax", "entmax15"])


class ScoredDecoderAttention(DecoderAttention):
    """Averages the states, weighted by their scores against the state of the decoder.

        a = normalize(score(h_j, q))
        context = sum_j a_j h_j

    Args:
        score: how well a state matches the query, one of `scores`.
        normalizer: turns scores into weights, one of `normalizers`.

    Reference:
        Luong et al. 2015, section 3.1. https://aclanthology.org/D15-1166
    """

    def __init__(self, score: Member, normalizer: Member = "softmax", **kwargs: Any):
        super().__init__(**kwargs)
        self.score = self.member(scores, score)
        self.normalizer = self.member(normalizers, normalizer)
        self.equal_widths = self.score.equal_widths

    def build(self, query_shape: Shape, states_shape: Shape) -> None:
        batch, steps = states_shape[:2]
        self.score.build(states_shape, (batch, 1, query_shape[-1]))
        self.normalizer.build((batch, 1, steps))

    def keys(self, states: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        return (self.score.prepare(states),)

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
        scores = self.score.compare(keys, query[:, None, :])
        scores, seen, progress = self.window(scores, query, mask, progress)
        alignment = masked_normalize(scores, seen, self.normalizer)
        return average(alignment, states)[:, 0], alignment, progress
