"""Dense self-attention: every step with every other."""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from attn_tuner.attention.base import heads
from attn_tuner.attention.masking import masked_normalize
from attn_tuner.attention.mixing import POOL, MixingHead, flat_rows, join_heads, split_heads
from attn_tuner.errors import SpaceError
from attn_tuner.layers import memory_guard as memory
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.space import Choice


class ProjectedHead(MixingHead):
    """Base of the heads with projections to queries, keys, values and output.

    Args:
        num_heads: number of attention heads.
        key_size: features of a query, key or value in one of them.
        groups: number of sets of keys and values, each shared by num_heads / groups heads;
            `num_heads` if not given.
        pool: the head that pools the mixed steps.
    """

    def __init__(
        self,
        num_heads: int = 4,
        key_size: int = 32,
        groups: int | None = None,
        pool: Member = "mean",
        **kwargs: Any,
    ):
        super().__init__(pool=pool, **kwargs)
        self.num_heads = self.rows = size("num_heads", num_heads)
        self.key_size = size("key_size", key_size)
        self.groups = self.num_heads if groups is None else size("groups", groups)
        if self.num_heads % self.groups:
            raise SpaceError(
                f"groups is {self.groups}. It should divide num_heads, which is {self.num_heads}; "
                "try groups=1."
            )

    def build(self, states_shape: Shape) -> None:
        features = states_shape[-1]
        asked, shared = self.num_heads * self.key_size, self.groups * self.key_size

        def dense(width: int, given: int, name: str) -> keras.layers.Layer:
            layer = keras.layers.Dense(width, dtype=self.policy_of(f"to_{name}"), name=name)
            layer.build((*states_shape[:-1], given))
            return layer

        self.to_queries = dense(asked, features, "queries")
        self.to_keys = dense(shared, features, "keys")
        self.to_values = dense(shared, features, "values")
        self.to_output = dense(features, asked, "output")
        self.build_pool(states_shape)

    def projected(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns queries (batch, num_heads, steps, size), keys and values (batch, groups, ...)."""
        queries = self.to_queries(states) * (1.0 / math.sqrt(self.key_size))
        return (
            split_heads(queries, self.num_heads),
            split_heads(self.to_keys(states), self.groups),
            split_heads(self.to_values(states), self.groups),
        )


class DenseHead(ProjectedHead):
    """Base of the heads in which every step attends to every step by scaled dot products."""

    even = True

    def require(self, batch: int, steps: int) -> None:
        itemsize = 2 if "16" in self.compute_dtype else 4
        scores = batch * self.num_heads * steps**2
        # The softmax runs in float32 whatever the scores come in.
        memory.require(type(self).__name__, scores, max(itemsize, 4), batch, steps)

    def mix(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        queries, keys, values = self.projected(states)
        batch, steps = ops.shape(states)[0], ops.shape(states)[1]
        # The heads of a group are adjacent, so that keys need not be repeated.
        shared = (batch, self.groups, -1, self.key_size)
        scores = ops.matmul(ops.reshape(queries, shared), ops.transpose(keys, (0, 1, 3, 2)))
        weights = masked_normalize(scores, mask[:, None, None, :])
        mixed = ops.matmul(ops.cast(weights, values.dtype), values)
        mixed = ops.reshape(mixed, (batch, self.num_heads, steps, self.key_size))

        def through(pooled: Tensor) -> Tensor:
            each = ops.reshape(weights, (batch, self.num_heads, steps, steps))
            # (batch, hops, 1, 1, steps) x (batch, 1, heads, steps, steps)
            reached = ops.matmul(pooled[:, :, None, None, :], each[:, None])
            return flat_rows(reached[:, :, :, 0, :])

        return self.to_output(join_heads(mixed)), through


@heads.register(
    "multi_head",
    num_heads=Choice([2, 4, 8], default=4),
    key_size=Choice([16, 32, 64], default=32),
    pool=POOL,
)
class MultiHeadHead(DenseHead):
    """Multi-head self-attention, then the steps are pooled.

        H_i = softmax(Q_i K_i^T / sqrt(key_size)) V_i
        context = pool([H_1; ...; H_n] W_o)

    Args:
        num_heads: number of attention heads.
        key_size: features of a query, key or value in one head.
        pool: the head that pools the mixed steps, "mean", "max" or "additive".

    Cost: O(T^2 d + T d^2) time, O(num_heads T^2) memory; refused if that would not fit.

    Raises:
        TooLarge: the T x T scores would not fit into memory.

    Reference:
        Vaswani et al. 2017, section 3.2.2. https://arxiv.org/abs/1706.03762
    """

    settled = ("groups",)

    def __init__(
        self, num_heads: int = 4, key_size: int = 32, pool: Member = "mean", **kwargs: Any
    ):
        super().__init__(num_heads, key_size, None, pool, **kwargs)


@heads.register(
    "grouped_query",
    num_heads=Choice([4, 8]),
    groups=Choice([1, 2, 4], default=2),
    key_size=Choice([16, 32, 64], default=32),
    pool=POOL,
)
class GroupedQueryHead(DenseHead):
    """Multi-head self-attention whose heads share keys and values in groups.

        H_i = softmax(Q_i K_g^T / sqrt(key_size)) V_g,  g the group of head i
        context = pool([H_1; ...; H_n] W_o)

    One group is multi-query attention; as many groups as heads is multi-head attention.

    Args:
        num_heads: number of attention heads.
        groups: number of sets of keys and values, a divisor of `num_heads`.
        key_size: features of a query, key or value in one head.
        pool: the head that pools the mixed steps, "mean", "max" or "additive".

    Cost: O(T^2 d + T d^2) time, O(num_heads T^2) memory; fewer weights than `multi_head`.

    Raises:
        TooLarge: the T x T scores would not fit into memory.

    Reference:
        Ainslie et al. 2023, section 2.2. https://arxiv.org/abs/2305.13245 ;
        Shazeer 2019. https://arxiv.org/abs/1911.02150
    """

    def __init__(
        self,
        num_heads: int = 4,
        groups: int = 2,
        key_size: int = 32,
        pool: Member = "mean",
        **kwargs: Any,
    ):
        super().__init__(num_heads, key_size, groups, pool, **kwargs)
