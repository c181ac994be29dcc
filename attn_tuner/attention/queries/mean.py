"""The mean state as query."""

from attn_tuner.attention.masking import average, uniform
from attn_tuner.attention.queries import Query, queries
from attn_tuner.layers.types import Tensor


@queries.register("mean")
class MeanQuery(Query):
    """The average of the states with text.

        q = sum_t h_t / T

    Cost: O(T d) time.

    Reference:
        Luong et al. 2015, section 3.1, with a pooled query. https://aclanthology.org/D15-1166
    """

    def pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        return average(uniform(mask)[:, None, :], states)[:, 0]
