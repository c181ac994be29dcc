"""The average of the predictions of several models, with temperature and thresholds."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.types import Tensor

KINDS = ("class", "labels", "number")
FLOOR = 1e-6  # The least probability of which a logarithm is taken.


@keras.saving.register_keras_serializable(package="attn_tuner")
class ProbabilityAverage(keras.layers.Layer):
    """A weighted average of predictions; probabilities are then scaled by a temperature.

        p = sum_k w_k p_k
        q_c = p_c^(1/t) / sum_j p_j^(1/t)                              kind = class
        q_c = p_c^(1/t) / (p_c^(1/t) + e^(m_c) (1 - p_c)^(1/t))        kind = labels, or one column
        q = p                                                          kind = number

    With `logarithms` the logarithms of the probabilities are averaged, a logarithmic opinion pool:

        p_c = exp(sum_k w_k log p_kc) / sum_j exp(sum_k w_k log p_kj)

    One member that gives a class next to nothing then weighs more against it than in the average
    of the probabilities. A probability below 1e-6 counts as 1e-6.

    The temperature t and the shifts m of the logits are weights that are not trained, 1 and 0 until
    they are set. So they are saved with the model, and setting them needs no new graph.

    Args:
        weights: the share of each input; they sum to 1.
        kind: what is averaged: "class", "labels" or "number".
        logarithms: whether to average logarithms, of kind "class" only.

    Raises:
        SpaceError: the weights do not sum to 1, there is no such kind, or it has no logarithms.

    Reference:
        Genest & Zidek 1986, section 3, for both averages. https://doi.org/10.1214/ss/1177013825
        Hinton 2002, equation 1, with all weights 1. https://doi.org/10.1162/089976602760128018

    Shapes:
        one `(batch, columns)` for each share, to one of the same shape, float32. A single column
        of kind "class" is class 1 of two.
    """

    def __init__(
        self,
        weights: Sequence[float],
        kind: str = "class",
        logarithms: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.shares = tuple(float(share) for share in weights)
        if not self.shares or min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-6:
            raise SpaceError(
                f"The weights of an average should be at least 0 and sum to 1; got {self.shares}."
            )
        if kind not in KINDS:
            raise SpaceError(f"kind is '{kind}'. It should be one of {', '.join(KINDS)}.")
        if logarithms and kind != "class":
            raise SpaceError(f"Logarithms are averaged of kind 'class' only; kind is '{kind}'.")
        self.kind = kind
        self.logarithms = bool(logarithms)

    def build(self, shapes: Any) -> None:
        self.temperature = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="temperature"
        )
        self.moves = self.add_weight(
            shape=(shapes[0][-1],), initializer="zeros", trainable=False, name="moves"
        )

    def set_temperature(self, temperature: float) -> None:
        """Sets the temperature.

        Args:
            temperature: float above 0; above 1 makes the probabilities more equal.
        """
        self.temperature.assign(temperature)

    def move_logits(self, moves: Tensor) -> None:
        """Sets what is subtracted from each logit.

        Args:
            moves: (columns,).

        Raises:
            SpaceError: the average is of more than two classes, or of numbers.
        """
        if self.kind == "number" or (self.kind == "class" and self.moves.shape[0] > 1):
            raise SpaceError(
                "Logits are moved for a single column or for several labels; this average is of "
                f"kind '{self.kind}' with {self.moves.shape[0]} columns."
            )
        self.moves.assign(moves)

    def call(self, probabilities: Tensor) -> Tensor:
        mixed = self._mixed([ops.cast(each, "float32") for each in probabilities])
        if self.kind == "number":
            return mixed
        power = 1.0 / ops.cast(self.temperature, "float32")
        # Powers and not logarithms, so that probabilities of exactly 0 and 1 stay as they are.
        raised = ops.power(ops.clip(mixed, 0.0, 1.0), power)
        if self.kind == "class" and mixed.shape[-1] > 1:
            return raised / ops.sum(raised, axis=-1, keepdims=True)
        against = ops.power(ops.clip(1.0 - mixed, 0.0, 1.0), power)
        return raised / (raised + ops.exp(ops.cast(self.moves, "float32")) * against)

    def _mixed(self, members: list[Tensor]) -> Tensor:
        if not self.logarithms:
            return self._weighted(members)
        logs = self._weighted([ops.log(ops.maximum(each, FLOOR)) for each in members])
        if members[0].shape[-1] > 1:
            return ops.softmax(logs, axis=-1)
        against = self._weighted([ops.log(ops.maximum(1.0 - each, FLOOR)) for each in members])
        return ops.sigmoid(logs - against)

    def _weighted(self, members: list[Tensor]) -> Tensor:
        return sum(share * each for share, each in zip(self.shares, members, strict=True))

    def compute_output_spec(self, probabilities: Tensor) -> Any:
        return keras.KerasTensor(probabilities[0].shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        config = {"weights": list(self.shares), "kind": self.kind, "logarithms": self.logarithms}
        return {**super().get_config(), **config}
