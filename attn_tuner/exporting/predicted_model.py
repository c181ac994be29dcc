"""What every bundle does with its model: predict in batches of like length, and exchange it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

import keras
import numpy as np

from attn_tuner.exporting.named_answers import NamedAnswers
from attn_tuner.inputs.predictor import Predictor


class PredictedModel(NamedAnswers):
    """A mixin for a frozen dataclass that has a `model`."""

    model: keras.Model

    @cached_property
    def predictor(self) -> Predictor:
        """Predicts batches of the model's inputs."""
        return Predictor(self.model)

    def with_model(self, model: keras.Model, **changes: Any) -> Self:
        """Returns the same bundle with another model, or with other facts of the same."""
        found = replace(self, model=model, **changes)
        if found.model is self.model:
            vars(found)["predictor"] = self.predictor  # It need not be traced again.
        return found

    def predict_by_length(
        self, lengths: Sequence[int], batch_of: Callable[[np.ndarray], Any], batch_size: int
    ) -> np.ndarray:
        """Predicts inputs in batches of like length, `(inputs, outputs)` float32, in their order.

        Args:
            lengths: of the inputs, in tokens or steps.
            batch_of: function from places of inputs, `(batch,)`, to what the model takes.
            batch_size: int, inputs of a batch.
        """
        result = np.zeros((len(lengths), self.width), "float32")
        by_length = np.argsort(lengths, kind="stable")
        for start in range(0, len(by_length), batch_size):
            chosen = by_length[start : start + batch_size]
            result[chosen] = self.columns(self.predictor(batch_of(chosen)))
        return result
