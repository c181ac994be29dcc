"""The average alone."""

from attn_tuner.attention.fusions import Fusion, flat, fusions
from attn_tuner.layers.types import Tensor


@fusions.register("context")
class ContextFusion(Fusion):
    """The weighted average itself, the hops concatenated.

        context = c

    Cost: none.

    Reference:
        Yang et al. 2016, eq. 7. https://aclanthology.org/N16-1174
    """

    averages = True

    def call(self, context: Tensor, query: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        return flat(context)

    def width(self, hops: int, features: int) -> int:
        return hops * features
