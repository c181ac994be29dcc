"""Pooling heads that look through a window."""

import keras
from keras import ops

from attn_tuner.attention.base import heads
from attn_tuner.attention.masking import places
from attn_tuner.attention.pooling import PoolingHead
from attn_tuner.errors import SpaceError
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
    """Scores a step by the phrase around it: its key is a convolution over a window.

        k_t = sum_j W_j h_{t+j} + b,  |j| <= (width - 1) / 2
        a = softmax(score(k_t, q))
        context = fuse(c, q),  c = sum_t a_t h_t

    Args:
        width: steps in the window, an odd number so that the step is its centre.
        query: "mean" over the steps with text, or their "last".
        score: "general", "scaled_dot" or "dot".
        fusion: the context multiplied with the query ("product") or joined with it.

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
        **kwargs,
    ):
        super().__init__(score=score, query=query, fusion=fusion, **kwargs)
        if width < 1 or width % 2 == 0:
            raise SpaceError(
                f"A window has a step at its centre, so its width is odd; got {width}. "
                f"Try {width + 1}."
            )
        self.width = width
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
    """Attends within a window at a fixed place of the text.

        p = place (T - 1)
        a = softmax(score(h_t, q)) over |t - p| <= radius
        context = sum_t a_t h_t

    Steps are counted with text only, so that padding on either side moves nothing.

    Args:
        radius: steps on each side of the place.
        place: 0 is the first step, 0.5 the centre, 1 the last.
        query: "last" state with text, or "mean" over them.
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
        **kwargs,
    ):
        super().__init__(score=score, query=query, **kwargs)
        if radius < 0 or not 0 <= place <= 1:
            raise SpaceError(
                f"local_m needs a radius of at least 0 and a place from 0 to 1; got "
                f"radius={radius} and place={place}."
            )
        self.radius = radius
        self.place = place
        self.ordered = True

    def window(self, scores: Tensor, query: Tensor, mask: Tensor) -> Tensor:
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
    """Predicts where to look, and favours the steps around that place by a Gaussian.

        p = (T - 1) sigmoid(v . tanh(W q))
        a = softmax(score(h_t, q) - (t - p)^2 / (2 sigma^2)),  sigma = radius / 2
        context = sum_t a_t h_t

    The paper multiplies the Gaussian behind the softmax, within a hard window; here it stands
    under the softmax, so that the weights sum to 1 and p has a gradient from every step. Steps
    are counted with text only.

    Args:
        radius: two standard deviations of the Gaussian, in steps.
        query: "last" state with text, or "mean" over them.
        score: "general", "scaled_dot" or "dot".
        units: width of the layer that predicts the place.

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
        **kwargs,
    ):
        super().__init__(score=score, query=query, **kwargs)
        if radius <= 0:
            raise SpaceError(f"local_p needs a radius above 0; got {radius}.")
        self.radius = radius
        self.units = units
        self.ordered = True

    def build(self, states_shape: Shape) -> None:
        super().build(states_shape)
        features = states_shape[-1]
        self.W_p = self.add_weight(
            shape=(features, self.units), initializer="glorot_uniform", name="W_p"
        )
        self.v_p = self.add_weight(shape=(self.units, 1), initializer="glorot_uniform", name="v_p")

    def centre(self, query: Tensor, mask: Tensor) -> Tensor:
        """The predicted place of each hop, (batch, hops, 1), in steps with text."""
        share = ops.sigmoid(ops.matmul(ops.tanh(ops.matmul(query, self.W_p)), self.v_p))
        last = ops.max(places(mask), axis=1)[:, None, None]
        return last * ops.cast(share, "float32")

    def window(self, scores: Tensor, query: Tensor, mask: Tensor) -> Tensor:
        away = places(mask)[:, None, :] - self.centre(query, mask)
        gaussian = -ops.square(away) / (2.0 * (self.radius / 2.0) ** 2)
        return ops.cast(scores, "float32") + gaussian, mask[:, None, :]
