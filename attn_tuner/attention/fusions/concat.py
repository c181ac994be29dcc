"""Average and query concatenated."""

from keras import ops

from attn_tuner.attention.fusions import Fusion, flat, fusions
from attn_tuner.layers.types import Tensor


@fusions.register("concat")
class ConcatFusion(Fusion):
    """The average and the query, concatenated.

        context = [c; q]

    Cost: the next layer has twice as many inputs.

    Reference:
        Luong et al. 2015, eq. 5, without its layer. https://aclanthology.org/D15-1166
    """

    asks = True

    def call(self, context: Tensor, query: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        return ops.concatenate([flat(context), flat(query)], axis=-1)

    def width(self, hops: int, features: int) -> int:
        return 2 * hops * features
