"""Average, maximum and mean concatenated."""

from keras import ops

from attn_tuner.attention.fusions import Fusion, flat, fusions
from attn_tuner.attention.masking import average, highest, uniform
from attn_tuner.layers.types import Tensor


@fusions.register("pools")
class PoolsFusion(Fusion):
    """The average concatenated with the maximum and the mean over all steps with text.

        context = [c; max_t h_t; mean_t h_t]

    So attention need not represent what the maximum and the mean already do.

    Cost: O(T d) time; the next layer has 2 d more inputs.

    Reference:
        Howard & Ruder 2018, section 3.3 (concat pooling). https://aclanthology.org/P18-1031
    """

    def call(self, context: Tensor, query: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        mean = average(uniform(mask)[:, None, :], states)[:, 0]
        return ops.concatenate([flat(context), highest(states, mask), mean], axis=-1)

    def width(self, hops: int, features: int) -> int:
        return (hops + 2) * features
