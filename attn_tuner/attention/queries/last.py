"""The last state as query."""

from attn_tuner.attention.masking import average, last_only
from attn_tuner.attention.queries import Query, queries
from attn_tuner.layers.types import Tensor


@queries.register("last")
class LastQuery(Query):
    """The last state with text.

        q = h_T,  T the last step whose mask is True

    Found by the mask: after a masked `Bidirectional`, `states[:, -1]` is a zero vector at padding.

    Cost: O(T d) time.

    Reference:
        Luong et al. 2015, section 3.1. https://aclanthology.org/D15-1166
    """

    ordered = True

    def pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        return average(last_only(mask)[:, None, :], states)[:, 0]
