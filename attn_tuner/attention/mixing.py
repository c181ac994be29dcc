"""Heads that apply self-attention to the steps, and pool afterwards."""

from collections.abc import Callable
from typing import Any

from keras import ops

from attn_tuner.attention.base import Head, heads
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.space import Part

POOL = Part(heads, among=("additive", "max", "mean"), default="mean")


class MixingHead(Head):
    """Mixes the steps by self-attention, then pools them with another head.

    Its weights are those of the input steps in the context: the pool's weights over the mixed
    steps, times the weights with which each mixed step attends to the input.

    A subclass implements `mix`, and `features_out` if a mixed step is not as wide as a state.

    Args:
        pool: the head that pools the mixed steps, by name, as a layer or as a saved config.
    """

    even = False
    rows = 1  # Rows of attention per mixed step.

    def __init__(self, pool: Member = "mean", **kwargs: Any):
        super().__init__(**kwargs)
        self.pool = self.member(heads, pool)
        self.ordered = self.pool.ordered

    @property
    def hops(self) -> int:
        return self.rows * self.pool.hops

    def mix(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """Mixes the steps.

        Args:
            states: (batch, steps, features), zeros at padding.
            mask: bool, (batch, steps).

        Returns:
            The mixed steps, (batch, steps, features_out), and a function from weights over them,
            (batch, hops, steps), to weights over the input, (batch, hops * rows, steps).
        """
        raise NotImplementedError(f"{type(self).__name__} has no mix(states, mask).")

    def features_out(self, features: int) -> int:
        """Returns the number of features of a mixed step, for states with `features` of them."""
        return features

    def attend(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        mixed, through = self.mix(states, mask)
        context, pooled = self.pool(mixed, mask=mask, return_attention_scores=True)
        return context, lambda: through(pooled)

    def build_pool(self, states_shape: Shape) -> None:
        """Builds the pool for the mixed steps; a subclass calls it in its `build`."""
        self.pool.build((*states_shape[:-1], self.features_out(states_shape[-1])))

    def compute_output_shape(self, states_shape: Shape) -> Shape:
        mixed = (*states_shape[:-1], self.features_out(states_shape[-1]))
        return self.pool.compute_output_shape(mixed)


def split_heads(vectors: Tensor, count: int) -> Tensor:
    """Reshapes (batch, steps, count * size) to (batch, count, steps, size)."""
    batch, steps = ops.shape(vectors)[0], ops.shape(vectors)[1]
    parts = ops.reshape(vectors, (batch, steps, count, vectors.shape[-1] // count))
    return ops.transpose(parts, (0, 2, 1, 3))


def join_heads(parts: Tensor) -> Tensor:
    """Reshapes (batch, count, steps, size) to (batch, steps, count * size)."""
    batch, steps = ops.shape(parts)[0], ops.shape(parts)[2]
    width = parts.shape[1] * parts.shape[3]
    return ops.reshape(ops.transpose(parts, (0, 2, 1, 3)), (batch, steps, width))


def flat_rows(weights: Tensor) -> Tensor:
    """Reshapes (batch, hops, rows, steps) to (batch, hops * rows, steps)."""
    batch, steps = ops.shape(weights)[0], ops.shape(weights)[3]
    return ops.reshape(weights, (batch, weights.shape[1] * weights.shape[2], steps))
