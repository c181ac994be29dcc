"""Monotonic attention, in the form that is trained."""

from typing import Any

from keras import ops

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.attention.decoding.scored import ScoredDecoderAttention
from attn_tuner.attention.masking import average, first_only, precise
from attn_tuner.attention.scores.additive import AdditiveScore
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Int


@decoder_attentions.register("monotonic", units=Int(32, 256, step=32, default=64))
class MonotonicDecoderAttention(ScoredDecoderAttention):
    """Moves forward over the source, and stops at each state with a probability.

        p_ij = sigmoid(v . tanh(W h_j + U s_{i-1} + b) + r)
        a_ij = p_ij sum_{k <= j} a_{i-1,k} prod_{k <= l < j} (1 - p_il)
        c_i = sum_j a_ij h_j

    a_i is the distribution of the place of the i-th stop, which begins where the last one was; a_0
    is 1 at the first step with text. What is left of 1 is the probability of running over the end.
    These expectations are used in training and in decoding alike, without the paper's noise and
    without its hard stops.

    Args:
        units: width of the hidden layer of the energy.
        offset: float, r before training; below 0 few stops are likely at first.

    Cost: O(T d units) once for a source, O(T (units + d) + T^2) time and O(T^2) memory for a step.

    Reference:
        Raffel et al. 2017, eqs. 8-9 and 16. https://arxiv.org/abs/1704.00784
    """

    settled = ("score", "normalizer", "coverage")
    before_cell = True
    sums_to_one = False

    def __init__(self, units: int = 64, offset: float = -1.0, **kwargs: Any):
        super().__init__(AdditiveScore(units, dtype=kwargs.get("dtype")), "softmax", **kwargs)
        self.units = size("units", units)
        self.offset = offset

    def build(self, query_shape: Shape, states_shape: Shape) -> None:
        super().build(query_shape, states_shape)
        self.r = self.add_weight(shape=(), initializer="zeros", name="r")

    def start(self, prepared: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (first_only(prepared[0]),)

    def attend(
        self, query: Tensor, prepared: tuple[Tensor, ...], progress: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        mask, states, keys = prepared
        (last,) = progress
        energy = precise(self.score.compare(keys, query[:, None, :])[:, 0])
        energy = energy + self.offset + precise(self.r)
        alignment = expected_stops(energy, mask, last)
        context = average(alignment[:, None], states)[:, 0]
        return context, alignment[:, None], (alignment,)


def expected_stops(energy: Tensor, mask: Tensor, last: Tensor) -> Tensor:
    """Returns the distribution of the next stop, (batch, steps), 0 at padding.

    The product over the steps passed is the exponential of a difference of sums of logarithms. It
    is at most 1, where the quotient of products that the paper computes may divide by 0.

    Args:
        energy: (batch, steps), the logit of stopping at each state.
        mask: bool, (batch, steps).
        last: (batch, steps), the distribution of the last stop.
    """
    nothing = ops.zeros_like(energy)
    stop = ops.where(mask, ops.sigmoid(energy), nothing)
    passing = ops.where(mask, ops.log_sigmoid(-energy), nothing)
    before = ops.cumsum(passing, axis=1) - passing  # Sum over the steps in front.
    passed = ops.minimum(before[:, None, :] - before[:, :, None], 0.0)
    steps = ops.arange(ops.shape(energy)[1])
    forward = ops.cast(steps[:, None] <= steps[None, :], energy.dtype)
    reached = ops.matmul(last[:, None, :], ops.exp(passed) * forward)[:, 0]
    return stop * reached
