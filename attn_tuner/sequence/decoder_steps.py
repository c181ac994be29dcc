"""The encoder and one step of the decoder, as functions of named tensors.

    state = {**steps.read(ids), "token": start marks}
    found = steps.step(state)

`read` returns `prepared_0`, `prepared_1`, ..., which stay as they are, and `carried_0`, .... A step
returns `next_carried_0`, ..., each of which takes the place of its namesake before the step after
it. So an exported step is a function of tensors, and whoever calls it holds the state.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from attn_tuner.layers.types import Tensor
from attn_tuner.sequence.decoding import allowed
from attn_tuner.sequence.model import SequenceModel

NEXT = "next_"
_PREPARED, _CARRIED = "prepared", "carried"


class DecoderSteps:
    """Reads sources and makes single steps, with weights that are given.

    Args:
        model: a `SequenceModel`.
        values: the values of its variables in their order, tensors or variables.
    """

    def __init__(self, model: SequenceModel, values: Sequence[Any]):
        self.model = model
        self._values = values

    def scope(self) -> keras.StatelessScope:
        """Returns the context in which the model computes with the given values."""
        pairs = zip(self.model.variables, self._values, strict=True)
        return keras.StatelessScope([(own, tf.convert_to_tensor(value)) for own, value in pairs])

    def constant(self) -> "DecoderSteps":
        """Returns the same with the present values as constants of each graph."""
        return DecoderSteps(self.model, [each.numpy() for each in self._values])

    def read(self, ids: Tensor, copied: Tensor | None = None) -> dict[str, Tensor]:
        """Returns what is computed once for a source, and what is carried into the first step.

        Args:
            ids: (batch, steps), each between marks.
            copied: (batch, steps), of a model that copies; see `PairVocabularies.copied`.
        """
        with self.scope():
            prepared = self.model.read(ids, copied)
            carried = self.model.begin(prepared)
        return {**_named(_PREPARED, prepared), **_named(_CARRIED, carried)}

    def step(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Makes one step.

        Args:
            state: `token` (batch,), the last tokens, and what `read` or the last step returned.

        Returns:
            `log_probabilities` (batch, vocabulary) of the next token, `alignment` (batch, source
            steps), the mean over the hops, and `next_carried_0`, ....
        """
        carried, prepared = (_ordered(name, state) for name in (_CARRIED, _PREPARED))
        with self.scope():
            logits, alignment, carried = self.model.step(state["token"], carried, prepared)
        return {
            "log_probabilities": allowed(logits),
            "alignment": tf.reduce_mean(alignment, axis=1),
            **_named(NEXT + _CARRIED, carried),
        }


def _named(name: str, tensors: Sequence[Tensor]) -> dict[str, Tensor]:
    return {f"{name}_{place}": each for place, each in enumerate(tensors)}


def _ordered(name: str, state: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    count = sum(each.startswith(f"{name}_") for each in state)
    return tuple(state[f"{name}_{place}"] for place in range(count))
