"""Self-attention whose cost is linear in the number of steps."""

from collections.abc import Callable
from typing import Any

from keras import ops

from attn_tuner.attention.base import heads
from attn_tuner.attention.masking import uniform
from attn_tuner.attention.mixing import POOL, flat_rows, join_heads
from attn_tuner.attention.multihead import ProjectedHead
from attn_tuner.layers.types import Member, Tensor
from attn_tuner.space import Choice


@heads.register(
    "linear_attention",
    num_heads=Choice([2, 4, 8], default=4),
    key_size=Choice([16, 32, 64], default=32),
    pool=POOL,
)
class LinearAttentionHead(ProjectedHead):
    """Self-attention with a kernel in place of the softmax, linear in the number of steps.

        phi(x) = elu(x) + 1
        h_t' = phi(q_t) (sum_j phi(k_j) v_j^T) / (phi(q_t) . sum_j phi(k_j))
        context = pool([h'_1; ...; h'_n] W_o)

    The sum over the steps j is computed once for all t. No T x T tensor is made, for the weights
    neither.

    Args:
        num_heads: number of attention heads.
        key_size: features of a query, key or value in one head.
        pool: the head that pools the mixed steps, "mean", "max" or "additive".

    Cost: O(T d key_size + T d^2) time, O(T d) memory.

    Reference:
        Katharopoulos et al. 2020, eqs. 5-7. https://arxiv.org/abs/2006.16236
    """

    settled = ("groups",)
    even = True

    def __init__(
        self, num_heads: int = 4, key_size: int = 32, pool: Member = "mean", **kwargs: Any
    ):
        super().__init__(num_heads, key_size, None, pool, **kwargs)

    def mix(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        queries, keys, values = self.projected(states)
        queries = ops.elu(queries) + 1.0
        # Divided by the number of steps, which cancels below and keeps float16 from overflowing.
        present = ops.cast(uniform(mask), states.dtype)[:, None, :, None]
        keys = (ops.elu(keys) + 1.0) * present
        summed = ops.matmul(ops.transpose(keys, (0, 1, 3, 2)), values)  # (batch, heads, size, size)
        total = ops.sum(keys, axis=2)[:, :, :, None]
        norm = ops.matmul(queries, total)  # (batch, heads, steps, 1)
        # Both are above 0 wherever there is text; a row without any is all zeros.
        norm = ops.where(norm > 0, norm, ops.ones_like(norm))
        mixed = ops.matmul(queries, summed) / norm

        def through(pooled: Tensor) -> Tensor:
            asked = ops.cast(queries / norm, "float32")
            # (batch, hops, 1, 1, steps) x (batch, 1, heads, steps, size)
            reached = ops.matmul(pooled[:, :, None, None, :], asked[:, None])
            keyed = ops.cast(ops.transpose(keys, (0, 1, 3, 2)), "float32")
            return flat_rows(ops.matmul(reached, keyed[:, None])[:, :, :, 0, :])

        return self.to_output(join_heads(mixed)), through
