"""The local attentions of Luong et al.: a window that moves over the source."""

from typing import Any

from keras import ops

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.attention.decoding.scored import ScoredDecoderAttention
from attn_tuner.attention.masking import places, precise
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.space import Choice, Int

SCORES = Choice(["general", "concat", "dot"])


@decoder_attentions.register("local_m", radius=Int(1, 32, log=True, default=8), score=SCORES)
class LocalMDecoderAttention(ScoredDecoderAttention):
    """Attends within a window that moves on by one step of the source at each step.

        p_i = min(i, T - 1)
        a_i(j) = softmax_j(score(h_j, s_i)) over |j - p_i| <= radius
        c_i = sum_j a_i(j) h_j

    Steps are counted from 0, and only those with text. Beyond the end of the source the window
    stays at its last step.

    Args:
        radius: number of steps on each side of p_i.
        score: "general", "concat" or "dot".

    Cost: that of the score.

    Reference:
        Luong et al. 2015, section 3.2 (local-m). https://aclanthology.org/D15-1166
    """

    settled = ("normalizer", "coverage")

    def __init__(self, radius: int = 8, score: Member = "general", **kwargs: Any):
        super().__init__(score, "softmax", **kwargs)
        self.radius = size("radius", radius, least=0)

    def start(self, prepared: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (ops.zeros_like(prepared[0][:, :1], dtype="float32"),)  # The step, (batch, 1).

    def window(
        self, scores: Tensor, query: Tensor, mask: Tensor, progress: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        (step,) = progress
        steps = places(mask)
        centre = ops.minimum(step, ops.max(steps, axis=1, keepdims=True))
        near = ops.abs(steps - centre) <= self.radius
        return scores, ops.logical_and(mask, near)[:, None, :], (step + 1.0,)


@decoder_attentions.register(
    "local_p",
    radius=Int(1, 32, log=True, default=8),
    score=SCORES,
    units=Int(32, 128, step=32, default=64),
)
class LocalPDecoderAttention(ScoredDecoderAttention):
    """Predicts a position in the source, and weighs the steps around it by a Gaussian.

        p_i = (T - 1) sigmoid(v_p . tanh(W_p s_i))
        a_i(j) ~ softmax_j(score(h_j, s_i)) exp(-(j - p_i)^2 / (2 sigma^2)),  sigma = radius / 2
        c_i = sum_j a_i(j) h_j

    The weights are those of the paper, divided by their sum: the Gaussian is added to the scores,
    so that p_i has a gradient from every step and the context keeps its size. Steps are counted
    from 0, and only those with text.

    Args:
        radius: two standard deviations of the Gaussian, in steps.
        score: "general", "concat" or "dot".
        units: width of the layer that predicts the position.

    Cost: that of the score, plus O(d units) for a step.

    Reference:
        Luong et al. 2015, eqs. 9-10 (local-p). https://aclanthology.org/D15-1166
    """

    settled = ("normalizer", "coverage")

    def __init__(self, radius: int = 8, score: Member = "general", units: int = 64, **kwargs: Any):
        super().__init__(score, "softmax", **kwargs)
        self.radius = size("radius", radius)
        self.units = size("units", units)

    def build(self, query_shape: Shape, states_shape: Shape) -> None:
        super().build(query_shape, states_shape)
        self.W_p = self.add_weight(
            shape=(query_shape[-1], self.units), initializer="glorot_uniform", name="W_p"
        )
        self.v_p = self.add_weight(shape=(self.units, 1), initializer="glorot_uniform", name="v_p")

    def centre(self, query: Tensor, mask: Tensor) -> Tensor:
        """Returns the predicted position, (batch, 1), in steps with text."""
        hidden = ops.tanh(ops.matmul(query, ops.cast(self.W_p, query.dtype)))
        share = ops.sigmoid(ops.matmul(hidden, ops.cast(self.v_p, query.dtype)))
        return ops.max(places(mask), axis=1, keepdims=True) * ops.cast(share, "float32")

    def window(
        self, scores: Tensor, query: Tensor, mask: Tensor, progress: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        away = places(mask) - self.centre(query, mask)
        gaussian = -ops.square(away) / (2.0 * (self.radius / 2.0) ** 2)
        return precise(scores) + gaussian[:, None, :], mask[:, None, :], progress
