"""The base class of hypermodels whose dimensions are a `SearchSpace`."""

from collections.abc import Mapping
from typing import Any

import keras
import keras_tuner

from attn_tuner.errors import SpaceError
from attn_tuner.space.kerastuner import declare
from attn_tuner.space.search_space import SearchSpace


class SpaceHyperModel(keras_tuner.HyperModel):
    """Declares its space on KerasTuner's hyperparameters; a subclass makes the model of values.

    Attributes:
        space: the `SearchSpace`.
        training_texts: texts of an epoch, on which a schedule of the learning rate may depend; None
            where they are not known.
    """

    space: SearchSpace
    training_texts: int | None = None

    def hyperparameters(self) -> keras_tuner.HyperParameters:
        """The whole space, for a tuner's `hyperparameters=` with `allow_new_entries=False`."""
        hp = keras_tuner.HyperParameters()
        declare(hp, self.space)
        return hp

    def declare_hyperparameters(self, hp: keras_tuner.HyperParameters) -> None:
        declare(hp, self.space)

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """A compiled model of the values in `hp`; the same values, the same model."""
        return self.model(declare(hp, self.space))

    def model(self, values: Mapping[str, Any]) -> keras.Model:
        """A compiled model of these values, by path; absent ones take their default."""
        raise NotImplementedError


def checked_space(given: SearchSpace | None, standard: SearchSpace) -> SearchSpace:
    """Returns the space to search: the given one, or the standard one where none is.

    Raises:
        SpaceError: it lacks a dimension of the standard one, which the model reads.
    """
    space = standard if given is None else given
    missing = sorted(set(standard) - set(space))
    if missing:
        raise SpaceError(f"The space lacks {missing}. To leave one out of the search fix() it.")
    return space
