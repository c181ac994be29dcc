"""Average times query."""

from attn_tuner.attention.fusions import Fusion, flat, fusions
from attn_tuner.layers.types import Tensor


@fusions.register("product")
class ProductFusion(Fusion):
    """The product of average and query, feature by feature.

        context = c * q

    A feature in which the query is near 0 is lost, whatever its average.

    Cost: O(d) time.

    Reference:
        Mou et al. 2016, section 3.3 (the product of matched vectors). https://aclanthology.org/P16-2022
    """

    asks = True

    def call(self, context: Tensor, query: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        return flat(context * query)

    def width(self, hops: int, features: int) -> int:
        return hops * features
