"""The largest features as query."""

from attn_tuner.attention.masking import highest
from attn_tuner.attention.queries import Query, queries
from attn_tuner.layers.types import Tensor


@queries.register("max")
class MaxQuery(Query):
    """The largest value of each feature over the states with text.

        q_i = max_t h_ti

    Cost: O(T d) time.

    Reference:
        Maini et al. 2020, section 3 (max-attention). https://aclanthology.org/2020.findings-emnlp.410
    """

    def pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        return highest(states, mask)
