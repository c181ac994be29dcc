"""Normalizers: how scores become weights, one file each.

Each is a rule of `masked_normalize`: `normalizer(scores, mask)` gets float32 scores (..., steps)
that are 0 at padding, and a mask of the same shape, and returns weights that are at least 0, sum
to 1, and are exactly 0 at padding.
"""

from typing import Any

from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.registry import Registry

normalizers = Registry("normalizer", package="attn_tuner.attention.normalizers")


class Normalizer(Block):
    """Base of the normalizers, which compute in float32 whatever the dtype of the head."""

    def __init__(self, **kwargs: Any):
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)

    def build(self, scores_shape: Shape) -> None:
        pass  # No weights.

    def call(self, scores: Tensor, mask: Tensor) -> Tensor:
        return self.weigh(scores, mask)

    def weigh(self, scores: Tensor, mask: Tensor) -> Tensor:
        """Returns weights, (..., steps), for scores and a mask of that shape."""
        raise NotImplementedError(f"{type(self).__name__} has no weigh(scores, mask).")
