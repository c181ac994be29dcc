"""The additive score, a hidden layer over state and query."""

from typing import Any

from keras import ops

from attn_tuner.attention.queries import Query
from attn_tuner.attention.scores import Score, scores
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Int


@scores.register("additive", units=Int(32, 256, step=32, default=64))
class AdditiveScore(Score):
    """A hidden layer over the state and the query.

        s_t = v . tanh(W h_t + b)           if the query is learned: it is v
        s_t = v . tanh(W h_t + U q + b)     if the query is computed from the text

    A learned q would only add a constant U q to the bias b.

    Args:
        units: width of the hidden layer.
        use_bias: whether to add b.

    Cost: O(T d units) time, O(T units) memory; per hop if the query is computed from the text.

    Reference:
        Bahdanau et al. 2015, A.1.2. https://arxiv.org/abs/1409.0473 ;
        Yang et al. 2016, eq. 5. https://aclanthology.org/N16-1174
    """

    def __init__(self, units: int = 64, use_bias: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = size("units", units)
        self.use_bias = use_bias

    def asks(self, query: Query) -> bool:
        return query.from_text

    def build(self, keys_shape: Shape, query_shape: Shape | None = None) -> None:
        self.W = self.matrix(keys_shape[-1], self.units, "W")
        if query_shape is not None:
            self.U = self.matrix(query_shape[-1], self.units, "U")
        if self.use_bias:
            self.b = self.vector(self.units, "b")
        self.v = self.matrix(self.units, self.hops, "v")

    def prepare(self, keys: Tensor) -> Tensor:
        hidden = ops.matmul(keys, ops.cast(self.W, keys.dtype))
        return hidden + ops.cast(self.b, keys.dtype) if self.use_bias else hidden

    def prepared_width(self, features: int) -> int:
        return self.units

    def compare(self, prepared: Tensor, query: Tensor) -> Tensor:
        # Keras casts weights inside a call only, and a decoder calls this method by itself.
        asked = ops.matmul(query, ops.cast(self.U, query.dtype))
        return match(prepared, asked, ops.cast(self.v, query.dtype))

    def call(self, keys: Tensor, query: Tensor | None = None) -> Tensor:
        hidden = self.prepare(keys)
        if query is None:
            return ops.transpose(ops.matmul(ops.tanh(hidden), self.v), (0, 2, 1))
        return self.compare(hidden, query)


def match(hidden: Tensor, asked: Tensor, v: Tensor) -> Tensor:
    """Returns v . tanh(hidden + asked), (batch, hops, steps), with a column of v for each hop.

    Args:
        hidden: (batch, steps, units).
        asked: (batch, hops, units).
        v: (units, hops).
    """
    rows = []
    for hop in range(asked.shape[1]):  # One hop at a time takes less memory.
        mixed = ops.tanh(hidden + asked[:, hop : hop + 1])
        rows.append(ops.matmul(mixed, v[:, hop : hop + 1])[:, :, 0])
    return ops.stack(rows, axis=1)
