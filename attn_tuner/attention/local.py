"""Pooling heads that attend within a window."""

from typing import Any

import keras
from keras import ops

from attn_tuner.attention.base import heads
from attn_tuner.attention.masking import places
from attn_tuner.attention.pooling import PoolingHead
from attn_tuner.errors import SpaceError
from attn_tuner.layers.arguments import odd_size, size
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.space import Choice, Float, Int

SCORES = Choice(["general", "scaled_dot", "dot"])


@heads.register(
    "local",
    width=Choice([3, 5, 9, 15], default=5),
    query=Choice(["mean", "last"]),
    score=SCORES,
    fusion=Choice(["product", "concat", "tanh"]),
)
class LocalHead(PoolingHead):
    """Scores a step by its neighbours: the key of a step is a convolution over a window.

        k_t = sum_j W_j h_{t+j} + b,  |j| <= (width - 1) / 2
        a = softmax(score(k_t, q))
        context = fuse(c, q),  c = sum_t a_t h_t

    Args:
        width: number of steps in the window, odd.
        query: "mean" of the states with text, or the "last" one.
        score: "general", "scaled_dot" or "dot".
        fusion: how the context is combined with the query, "product", "concat" or "tanh".

    Cost: O(T width d^2) time, O(T d) memory.

    Reference:
        Yin et al. 2016, section 5, for attention over convolved phrases.
        https://aclanthology.org/Q16-1019 ;
        Luong et al. 2015 for query and score. https://aclanthology.org/D15-1166
    """

    even = False  # At the ends the window is half empty.

    def __init__(
        self,
        width: int = 5,
        query: Member = "mean",
        score: Member = "general",
        fusion: Member = "product",
        **kwargs: Any,
    ):
        super().__init__(score=score, query=query, fusion=fusion, **kwargs)
        self.width = odd_size("width", width)
        self.ordered = True

    def build(self, states_shape: Shape) -> None:
        features = states_shape[-1]
        self.smooth = keras.layers.Conv1D(
            features, self.width, padding="same", dtype=self.dtype_policy, name="smooth"
        )
        self.smooth.build(states_shape)
        super().build(states_shape)

    def keys(self, states: Tensor, mask: Tensor) -> Tensor:
        return self.smooth(states)


@heads.register(
    "local_m",
    radius=Int(2, 64, log=True, default=16),
    place=Float(0.0, 1.0, default=1.0),
    query=Choice(["last", "mean"]),
    score=SCORES,
)
class LocalMHead(PoolingHead):
    """Attends within a window at a fixed position in the text.

        p = place (T - 1)
        a = softmax(score(h_t, q)) over |t - p| <= radius
        context = sum_t a_t h_t

    Only steps with text are counted, so padding on either side changes nothing.

    Args:
        radius: number of steps on each side of the position.
        place: the position, 0 for the first step, 0.5 for the middle, 1 for the last.
        query: "last" state with text, or "mean" of them.
        score: "general", "scaled_dot" or "dot".

    Cost: O(T d) time, O(T) memory.

    Reference:
        Luong et al. 2015, section 3.2 (local-m), with the place searched.
        https://aclanthology.org/D15-1166
    """

    even = False

    def __init__(
        self,
        radius: int = 16,
        place: float = 1.0,
        query: Member = "last",
        score: Member = "general",
        **kwargs: Any,
    ):
        super().__init__(score=score, query=query, **kwargs)
        if not 0 <= place <= 1:
            raise SpaceError(f"place is {place}. It should be from 0 to 1.")
        self.radius = size("radius", radius, least=0)
        self.place = place
        self.ordered = True

    def window(self, scores: Tensor, query: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        steps = places(mask)
        centre = ops.floor(self.place * ops.max(steps, axis=1, keepdims=True) + 0.5)
        near = ops.abs(steps - centre) <= self.radius
        return scores, ops.logical_and(mask, near)[:, None, :]


@heads.register(
    "local_p",
    radius=Int(2, 64, log=True, default=16),
    query=Choice(["last", "mean"]),
    score=SCORES,
    units=Int(32, 128, step=32, default=64),
)
class LocalPHead(PoolingHead):
    """Predicts a position in the text, and weighs the steps around it by a Gaussian.

        p = (T - 1) sigmoid(v . tanh(W q))
        a = softmax(score(h_t, q) - (t - p)^2 / (2 sigma^2)),  sigma = radius / 2
        context = sum_t a_t h_t

    The paper multiplies the weights by the Gaussian after the softmax, within a hard window. Here
    it is added to the scores, so that the weights sum to 1 and p gets a gradient from every step.
    Only steps with text are counted.

    Args:
        radius: two standard deviations of the Gaussian, in steps.
        query: "last" state with text, or "mean" of them.
        score: "general", "scaled_dot" or "dot".
        units: width of the layer that predicts the position.

    Cost: O(T d + d units) time, O(T) memory.

    Reference:
        Luong et al. 2015, eqs. 9-10 (local-p). https://aclanthology.org/D15-1166
    """

    even = False

    def __init__(
        self,
        radius: int = 16,
        query: Member = "last",
        score: Member = "general",
        units: int = 64,
        **kwargs: Any,
    ):
        super().__init__(score=score, query=query, **kwargs)
        self.radius = size("radius", radius)
        self.units = size("units", units)
        self.ordered = True

    def build(self, states_shape: Shape) -> None:
        super().build(states_shape)
        features = states_shape[-1]
        self.W_p = self.add_weight(
            shape=(features, self.units), initializer="glorot_uniform", name="W_p"
        )
        self.v_p = self.add_weight(shape=(self.units, 1), initializer="glorot_uniform", name="v_p")

    def centre(self, query: Tensor, mask: Tensor) -> Tensor:
        """Returns the predicted position of each hop, (batch, hops, 1), in steps with text."""
        share = ops.sigmoid(ops.matmul(ops.tanh(ops.matmul(query, self.W_p)), self.v_p))
        last = ops.max(places(mask), axis=1)[:, None, None]
        return last * ops.cast(share, "float32")

    def window(self, scores: Tensor, query: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        away = places(mask)[:, None, :] - self.centre(query, mask)
        gaussian = -ops.square(away) / (2.0 * (self.radius / 2.0) ** 2)
        return ops.cast(scores, "float32") + gaussian, mask[:, None, :]
