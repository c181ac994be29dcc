"""The score of a state without a query."""

from typing import Any

from keras import ops

from attn_tuner.attention.queries import Query
from attn_tuner.attention.scores import Score, scores
from attn_tuner.errors import SpaceError
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Choice


@scores.register("linear", activation=Choice(["linear", "tanh"]))
class LinearScore(Score):
    """One weight per feature; the weights are the query.

        s_t = w . h_t   or   tanh(w . h_t + b)

    Only the tanh has a bias: a constant added to every score does not change the softmax.

    Args:
        activation: "linear" or "tanh".

    Cost: O(T d) time, O(T) memory.

    Reference:
        Raffel & Ellis 2015, section 1.3. https://arxiv.org/abs/1512.08756
    """

    def __init__(self, activation: str = "linear", **kwargs: Any):
        super().__init__(**kwargs)
        if activation not in ("linear", "tanh"):
            raise SpaceError(f"activation is {activation!r}. It should be 'linear' or 'tanh'.")
        self.activation = activation

    def asks(self, query: Query) -> bool:
        return False

    def build(self, keys_shape: Shape, query_shape: Shape | None = None) -> None:
        self.w = self.matrix(keys_shape[-1], self.hops, "w")
        if self.activation == "tanh":
            self.b = self.vector(self.hops, "b")

    def call(self, keys: Tensor, query: Tensor | None = None) -> Tensor:
        scores = ops.matmul(keys, self.w)
        if self.activation == "tanh":
            scores = ops.tanh(scores + self.b)
        return ops.transpose(scores, (0, 2, 1))
