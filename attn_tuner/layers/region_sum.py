"""What stands around each token: the word vectors of its region, added up."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from attn_tuner.layers.arguments import odd_size
from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Shape, Tensor


class RegionSum(Block):
    """Adds up the word vectors of the tokens around each one, and cuts the sums off at zero.

        u_t = m_t relu(sum_j m_{t+j} v_{t+j}),     |j| <= (region_size - 1) / 2

    m is 1 where there is text, 0 at padding and beyond either end.

    Args:
        region_size: tokens in a region, an odd number.

    Shapes:
        vectors `(batch, steps, width)` and mask `(batch, steps)`, True where there is text, to
        `(batch, steps, width)`.

    Cost: O(steps region_size width) time.

    Reference:
        Johnson & Zhang 2015, section 2.1 ("bow" regions), who learn the vectors from texts
        without labels too, by predicting neighbouring regions (section 3).
        https://arxiv.org/abs/1504.01255
    """

    def __init__(self, region_size: int = 5, **kwargs: Any):
        super().__init__(**kwargs)
        self.region_size = odd_size("region_size", region_size)

    def build(self, shapes: Sequence[Shape]) -> None:
        pass

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        vectors, mask = inputs
        present = ops.cast(mask, vectors.dtype)[..., None]
        side = self.region_size // 2
        around = ops.pad(vectors * present, ((0, 0), (side, side), (0, 0)))
        shifted = [around[:, start : start - 2 * side or None] for start in range(2 * side + 1)]
        return ops.relu(sum(shifted)) * present

    def compute_output_spec(self, inputs: Sequence[Tensor]) -> Any:
        vectors, _ = inputs
        return keras.KerasTensor(vectors.shape, dtype=self.compute_dtype)
