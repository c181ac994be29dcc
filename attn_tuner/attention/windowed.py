"""Self-attention within a window around each step, linear in the number of steps."""

from collections.abc import Callable
from typing import Any

from keras import ops

from attn_tuner.attention.base import heads
from attn_tuner.attention.blocks import (
    band,
    fold_halo,
    from_blocks,
    into_blocks,
    neighbours,
    skewed,
    with_halo,
)
from attn_tuner.attention.masking import masked_normalize
from attn_tuner.attention.mixing import POOL, MixingHead, join_heads
from attn_tuner.attention.multihead import ProjectedHead
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.space import Choice, Int

RADIUS = Int(2, 32, log=True, default=7)


class Windows:
    """Cuts steps into blocks for a radius, and turns weights within windows into weights of steps.

    Args:
        radius: number of steps on each side of a query.
        smallest: steps of a block at least; a block is never smaller than the radius.
        dense: a text of up to this many windows is one block without a halo, which is faster.
        steps: number of steps, None if it is not known.
    """

    def __init__(self, radius: int, smallest: int, dense: int, steps: int | None):
        self.radius = radius
        self.size = max(smallest, radius, 1)
        if isinstance(steps, int) and steps <= dense * (2 * radius + 1):
            self.size, self.radius = steps, 0
            self.reach = band(steps, radius)[:, radius : radius + steps]
        else:
            self.reach = band(self.size, radius)

    def queries(self, tensor: Tensor) -> Tensor:
        """Cuts (batch, steps, ...) into (batch, blocks, size, ...)."""
        return into_blocks(tensor, self.size)

    def keys(self, tensor: Tensor) -> Tensor:
        """Cuts (batch, steps, ...) into (batch, blocks, size + halo, ...)."""
        return with_halo(into_blocks(tensor, self.size), self.radius)

    def seen(self, mask: Tensor) -> Tensor:
        """Returns which keys each query may attend to, (batch, blocks, size, size + halo)."""
        present = self.keys(ops.cast(mask, "int32")) > 0
        return ops.logical_and(present[:, :, None, :], self.reach[None, None])

    def through(self, pooled: Tensor, weights: Tensor) -> Tensor:
        """Multiplies weights over mixed steps by weights within windows.

        Args:
            pooled: (batch, hops, steps).
            weights: (batch, blocks, heads, size, size + halo).

        Returns:
            (batch, hops * heads, steps), over the input.
        """
        batch, blocks, steps = *ops.shape(weights)[:2], ops.shape(pooled)[2]
        num_heads, size, whole = weights.shape[2:]
        given = into_blocks(ops.transpose(pooled, (0, 2, 1)), size)  # (batch, blocks, size, hops)
        aside = ops.transpose(weights, (0, 1, 3, 2, 4))
        aside = ops.reshape(aside, (batch, blocks, size, num_heads * whole))
        spread = ops.matmul(ops.transpose(given, (0, 1, 3, 2)), aside)
        spread = ops.reshape(spread, (batch, blocks, pooled.shape[1] * num_heads, whole))
        folded = fold_halo(ops.transpose(spread, (0, 1, 3, 2)), self.radius)
        return ops.transpose(from_blocks(folded, steps), (0, 2, 1))


@heads.register(
    "local_dot",
    radius=RADIUS,
    num_heads=Choice([2, 4, 8], default=4),
    key_size=Choice([16, 32, 64], default=32),
    pool=POOL,
)
class LocalDotHead(ProjectedHead):
    """Multi-head self-attention within a window around each step, computed in blocks.

        h_t' = softmax(q_t . k_j / sqrt(key_size)) v_j over |t - j| <= radius
        context = pool([h'_1; ...; h'_n] W_o)

    Queries are cut into blocks, keys and values into the same blocks with a halo, so no tensor
    grows with the square of the steps. With a radius of all steps it is `multi_head`.

    Args:
        radius: number of steps on each side that a step attends to.
        num_heads: number of attention heads.
        key_size: features of a query, key or value in one head.
        pool: the head that pools the mixed steps, "mean", "max" or "additive".

    Cost: O(T (block + 2 radius) d + T d^2) time, O(num_heads T (block + 2 radius)) memory.

    Reference:
        Beltagy et al. 2020, section 3.1. https://arxiv.org/abs/2004.05150 ;
        Parmar et al. 2018, section 3.2. https://arxiv.org/abs/1802.05751
    """

    settled = ("groups",)
    block, dense = 16, 8

    def __init__(
        self,
        radius: int = 7,
        num_heads: int = 4,
        key_size: int = 32,
        pool: Member = "mean",
        **kwargs: Any,
    ):
        super().__init__(num_heads, key_size, None, pool, **kwargs)
        self.radius = size("radius", radius, least=0)
        self.ordered = True

    def mix(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        windows = Windows(self.radius, self.block, self.dense, states.shape[1])
        batch, steps = ops.shape(states)[0], ops.shape(states)[1]
        # Windows treat heads as further texts: (batch * heads, steps, key_size).
        one = (batch * self.num_heads, steps, self.key_size)
        queries, keys, values = (ops.reshape(each, one) for each in self.projected(states))
        keys, values = windows.keys(keys), windows.keys(values)
        scores = ops.matmul(windows.queries(queries), ops.transpose(keys, (0, 1, 3, 2)))
        apart = (batch, self.num_heads, ops.shape(scores)[1], *scores.shape[2:])
        weights = masked_normalize(ops.reshape(scores, apart), windows.seen(mask)[:, None])
        given = ops.cast(ops.reshape(weights, ops.shape(scores)), values.dtype)
        mixed = from_blocks(ops.matmul(given, values), steps)
        mixed = ops.reshape(mixed, (batch, self.num_heads, steps, self.key_size))
        mixed = self.to_output(join_heads(mixed))
        return mixed, lambda pooled: windows.through(
            pooled, ops.transpose(weights, (0, 2, 1, 3, 4))
        )


@heads.register("local_additive", radius=RADIUS, units=Choice([16, 32, 64], default=32), pool=POOL)
class LocalAdditiveHead(MixingHead):
    """Additive self-attention within a window around each step, computed in blocks.

        a_tj = softmax(v . tanh(W h_t + U h_j + b)) over |t - j| <= radius
        context = pool(sum_j a_tj h_j)

    It computes what keras-self-attention does with `attention_width = 2 radius + 1`, from that many
    tensors (batch, steps, units) instead of one (batch, steps, steps, units).

    Args:
        radius: number of steps on each side that a step attends to.
        units: width of the hidden layer of the score.
        pool: the head that pools the mixed steps, "mean", "max" or "additive".

    Cost: O(T (2 radius + 1) units) time and memory.

    Reference:
        Bahdanau et al. 2015, A.1.2, for the score. https://arxiv.org/abs/1409.0473 ;
        Zheng et al. 2018, section 3.2, for its use between steps. https://arxiv.org/abs/1806.01264
    """

    block = 32

    def __init__(self, radius: int = 7, units: int = 32, pool: Member = "mean", **kwargs: Any):
        super().__init__(pool=pool, **kwargs)
        self.radius = size("radius", radius, least=0)
        self.units = size("units", units)
        self.ordered = True

    def build(self, states_shape: Shape) -> None:
        def weight(shape: Shape, name: str, initializer: str = "glorot_uniform") -> Tensor:
            return self.add_weight(shape=shape, initializer=initializer, name=name)

        features = states_shape[-1]
        self.W = weight((features, self.units), "W")
        self.U = weight((features, self.units), "U")
        self.b = weight((self.units,), "b", "zeros")
        self.v = weight((self.units, 1), "v")
        self.build_pool(states_shape)

    def mix(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        windows = Windows(self.radius, self.block, 0, states.shape[1])
        queries = ops.matmul(states, self.W) + self.b
        keys = neighbours(ops.matmul(states, self.U), self.radius)
        # One distance at a time: no broadcast, and tensors that fit the cache.
        scores = [ops.matmul(ops.tanh(queries + key), self.v) for key in keys]
        seen = ops.stack(neighbours(ops.cast(mask, "int32"), self.radius), axis=-1) > 0
        weights = masked_normalize(ops.concatenate(scores, axis=-1), seen)
        weights = skewed(weights, windows.size)  # (batch, blocks, size, size + halo)
        values = windows.keys(states)
        mixed = from_blocks(
            ops.matmul(ops.cast(weights, values.dtype), values), ops.shape(states)[1]
        )
        return mixed, lambda pooled: windows.through(pooled, weights[:, :, None])
