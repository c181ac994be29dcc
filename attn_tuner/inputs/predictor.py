"""Predicts batches of any shape by a function of the model that is traced once."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import keras
import numpy as np

from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.verbosity import silence


class Predictor:
    """Computes what a model predicts: `Predictor(model)(inputs)`, `(inputs, columns)`.

    On TensorFlow, `keras.Model.predict` traces a model anew for the first shapes of batches that it
    sees, three times where inputs are sorted by length. Here it is traced once, for every shape,
    unless it is a class of its own or is to run eagerly.

    Args:
        model: of one input or several; its weights may change between calls.
    """

    def __init__(self, model: keras.Model):
        self.model = model

    @cached_property
    def _traced(self) -> Callable | None:
        return _traced(self.model) if _traceable(self.model) else None

    def __call__(self, inputs: Any) -> np.ndarray:
        """Predicts one batch.

        Args:
            inputs: an array, or a list of them of a model of several inputs.
        """
        if isinstance(inputs, (tuple, list)):
            inputs = list(inputs)
        if self._traced is not None:
            return keras.ops.convert_to_numpy(self._traced(inputs))
        with silence():  # TensorFlow warns of retracing; one trace for each length is intended.
            return keras.ops.convert_to_numpy(self.model.predict_on_batch(inputs))

    def in_store_order(self, batches: LengthBatches) -> np.ndarray:
        """Predicts all inputs of the batches, `(inputs, columns)`, in the order of the store."""
        if self._traced is None:
            found = self.model.predict(prefetch(batches), verbose=0)
        else:
            each = [self(batches[place][0]) for place in range(len(batches))]
            found = np.concatenate(each)
        return batches.in_store_order(found)


def _traceable(model: keras.Model) -> bool:
    own = type(model).predict_step is not keras.Model.predict_step
    if keras.backend.backend() != "tensorflow" or own or model.run_eagerly:
        return False
    return bool(getattr(model, "inputs", None))


def _traced(model: keras.Model) -> Callable:
    import tensorflow as tf

    specs = [tf.TensorSpec(each.shape, each.dtype) for each in model.inputs]
    signature = [specs if len(specs) > 1 else specs[0]]

    def answer(inputs: Any) -> Any:
        return model(inputs, training=False)

    traced = tf.function(answer, input_signature=signature, autograph=False)
    traced.get_concrete_function()  # A call that traced would count for TensorFlow's warnings.
    return traced
