"""Average and query side by side."""

from keras import ops

from attn_tuner.attention.fusions import Fusion, flat, fusions


@fusions.register("concat")
class ConcatFusion(Fusion):
    """The average, and behind it the query that found it.

        context = [c; q]

    Cost: the layer behind it is twice as wide.

    Reference:
        Luong et al. 2015, eq. 5, without its layer. https://aclanthology.org/D15-1166
    """

    asks = True

    def call(self, context, query, states, mask):
        return ops.concatenate([flat(context), flat(query)], axis=-1)

    def width(self, hops, features):
        return 2 * hops * features
