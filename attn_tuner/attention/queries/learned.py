"""A learned query, the same for every text."""

from keras import ops

from attn_tuner.attention.queries import Query, queries
from attn_tuner.layers.types import Shape, Tensor


@queries.register("learned")
class LearnedQuery(Query):
    """One trained vector per hop, the same for every text.

        q = u

    Cost: d weights per hop.

    Reference:
        Yang et al. 2016, section 2.2. https://aclanthology.org/N16-1174
    """

    from_text = False

    def build(self, states_shape: Shape) -> None:
        self.u = self.add_weight(
            shape=(self.hops, states_shape[-1]), initializer="glorot_uniform", name="u"
        )

    def call(self, states: Tensor, mask: Tensor) -> Tensor:
        # Gives u a batch axis. An index and not a slice, of which the static size is unknown.
        zeros = ops.zeros_like(states[:, 0])[:, None, :]
        return ops.convert_to_tensor(self.u)[None] + zeros
