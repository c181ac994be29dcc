"""The pooling head: score x query x normalizer x fusion."""

from typing import Any

from keras import ops

from attn_tuner.attention.base import Head, heads
from attn_tuner.attention.fusions import fusions
from attn_tuner.attention.masking import average, masked_normalize
from attn_tuner.attention.normalizers import normalizers
from attn_tuner.attention.queries import queries
from attn_tuner.attention.scores import scores
from attn_tuner.errors import SpaceError
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.space import Float, Int, Part


@heads.register(
    "pooling",
    score=Part(scores, default="additive"),
    query=Part(queries, default="learned"),
    normalizer=Part(normalizers, default="softmax"),
    fusion=Part(fusions, default="context"),
    hops=Int(1, 4),
    temperature=Float(0.25, 4.0, log=True, default=1.0),
)
class PoolingHead(Head):
    """Averages the states, weighted by their scores against a query.

        a = normalize(score(h_t, q) / temperature)
        c = sum_t a_t h_t
        context = fuse(c, q)

    The four parts are given by name, as layers, or as saved configs. The query is computed only if
    the score or the fusion uses it: the scores `linear` and `gated` have their query in their own
    weights, and so has `additive` with the query `learned`. With several hops each row of attention
    has its own query.

    Args:
        score: how well a state matches the query, one of `scores`.
        query: the vector that states are compared with, one of `queries`.
        normalizer: turns scores into weights, one of `normalizers`.
        fusion: how the average becomes the context, one of `fusions`.
        hops: number of rows of attention.
        penalty: weight of the added loss, the mean over the batch of ||A A^T - I||^2, which keeps
            the hops apart.
        temperature: divides the scores; below 1 makes the weights more peaked.
        learn_temperature: whether to train the temperature, from `temperature` on.

    Cost: the score's, plus O(T d) time and O(T) memory per hop.

    Reference:
        Luong et al. 2015, section 3.1. https://aclanthology.org/D15-1166 ;
        Lin et al. 2017, eq. 8 for the penalty. https://arxiv.org/abs/1703.03130
    """

    def __init__(
        self,
        score: Member = "additive",
        query: Member = "learned",
        normalizer: Member = "softmax",
        fusion: Member = "context",
        hops: int = 1,
        penalty: float = 0.0,
        temperature: float = 1.0,
        learn_temperature: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not temperature > 0:
            raise SpaceError(f"temperature is {temperature}. It should be above 0.")
        self.score = self.member(scores, score)
        self.query = self.member(queries, query)
        self.normalizer = self.member(normalizers, normalizer)
        self.fusion = self.member(fusions, fusion)
        self.hops = self.score.hops = self.query.hops = size("hops", hops)
        self.penalty = penalty
        self.temperature = temperature
        self.learn_temperature = learn_temperature
        self.score_asks = self.score.asks(self.query)
        self.averages = type(self.fusion).averages and self.hops == 1
        self.ordered = (self.score_asks or self.fusion.asks) and self.query.ordered

    def build(self, states_shape: Shape) -> None:
        batch, _, features = states_shape
        asked = (batch, self.hops, features)
        if self.score_asks or self.fusion.asks:
            self.query.build(states_shape)
        else:
            self.query.built = True  # It is never called; `quantize` refuses layers without build.
        self.score.build(states_shape, asked if self.score_asks else None)
        self.normalizer.build((batch, self.hops, states_shape[1]))
        self.fusion.build(asked)
        if self.learn_temperature:
            self.log_temperature = self.add_weight(
                shape=(), initializer="zeros", name="log_temperature"
            )

    def keys(self, states: Tensor, mask: Tensor) -> Tensor:
        """Returns what is compared with the query at each step, (batch, steps, features)."""
        return states

    def window(self, scores: Tensor, query: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Restricts attention to some steps.

        Args:
            scores: (batch, hops, steps).
            query: (batch, hops, features), or None.
            mask: bool, (batch, steps).

        Returns:
            The scores, and a mask of the steps that may be attended to, broadcast to their shape.
        """
        return scores, mask[:, None, :]

    def attend(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        asked = self.score_asks or self.fusion.asks
        query = self.query(states, mask) if asked else None
        scores = self.score(self.keys(states, mask), query if self.score_asks else None)
        scores, seen = self.window(scores, query, mask)
        weights = masked_normalize(self._tempered(scores), seen, self.normalizer)
        if self.penalty and self.hops > 1:
            self.add_loss(self.penalty * overlap(weights))
        return self.fusion(average(weights, states), query, states, mask), weights

    def _tempered(self, scores: Tensor) -> Tensor:
        scores = ops.cast(scores, "float32") / self.temperature
        if self.learn_temperature:
            scores = scores * ops.exp(-ops.cast(self.log_temperature, "float32"))
        return scores

    def compute_output_shape(self, states_shape: Shape) -> Shape:
        return (states_shape[0], self.fusion.width(self.hops, states_shape[-1]))


def overlap(weights: Tensor) -> Tensor:
    """Returns how much the hops attend to the same steps, mean over the batch of ||A A^T - I||^2.

    Args:
        weights: (batch, hops, steps).

    Reference:
        Lin et al. 2017, eq. 8. https://arxiv.org/abs/1703.03130
    """
    products = ops.matmul(weights, ops.transpose(weights, (0, 2, 1)))
    apart = products - ops.eye(weights.shape[1], dtype=weights.dtype)
    return ops.mean(ops.sum(ops.square(apart), axis=(1, 2)))
