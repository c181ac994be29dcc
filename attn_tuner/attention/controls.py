"""The heads without attention, mean, max and last, for comparison with heads that have it.

They return weights as well, so that explanations and exports work with them.
"""

from typing import Any

from keras import ops

from attn_tuner.attention.base import Head, heads
from attn_tuner.attention.masking import average, highest, last_only, uniform
from attn_tuner.layers.types import Shape, Tensor


class Control(Head):
    """A head without weights of its own, whose context is as wide as a state."""

    def compute_output_shape(self, states_shape: Shape) -> Shape:
        return (states_shape[0], states_shape[-1])


@heads.register("mean")
class MeanHead(Control):
    """The average of the states with text.

        context = sum_t h_t / T

    Its weights are equal over the text.

    Cost: O(T d) time, O(d) memory.

    Reference:
        Maini et al. 2020, section 3. https://aclanthology.org/2020.findings-emnlp.410
    """

    averages = True

    def attend(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        weights = uniform(mask)[:, None, :]
        return average(weights, states)[:, 0], weights


@heads.register("last")
class LastHead(Control):
    """The last state with text, found by the mask.

        context = h_T

    After a masked `Bidirectional`, `[:, -1]` is a zero vector at padding; this state is not. Its
    weight is 1.

    Cost: O(T d) time, O(d) memory.

    Reference:
        Hochreiter & Schmidhuber 1997. https://doi.org/10.1162/neco.1997.9.8.1735
    """

    averages = True
    ordered = True
    even = False

    def attend(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        weights = last_only(mask)[:, None, :]
        return average(weights, states)[:, 0], weights


@heads.register("max")
class MaxHead(Control):
    """The largest value of each feature over the states with text.

        context_i = max_t h_ti

    The weight of a step is the share of the features whose maximum it has; ties are split equally.

    Cost: O(T d) time, O(T d) memory.

    Reference:
        Collobert et al. 2011, section 3.3.2. https://jmlr.org/papers/v12/collobert11a.html
    """

    def attend(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        top = highest(states, mask)

        def weights() -> Tensor:
            won = ops.logical_and(ops.equal(states, top[:, None, :]), mask[:, :, None])
            won = ops.cast(won, "float32")
            shares = won / ops.maximum(ops.sum(won, axis=1, keepdims=True), 1.0)
            return ops.mean(shares, axis=2)[:, None, :]

        return top, weights
