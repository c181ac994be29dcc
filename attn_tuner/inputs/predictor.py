"""Predicts batches of any shape by a function of the model that is traced once."""

from typing import Any

import keras
import numpy as np

from attn_tuner.inputs.batches import LengthBatches


class Predictor:
    """Computes what a model predicts: `Predictor(model)(inputs)`, `(inputs, columns)`.

    On TensorFlow, `keras.Model.predict` traces a model anew for the first shapes of batches that it
    sees, three times where inputs are sorted by length. Here it is traced once, for every shape.

    Args:
        model: of one input or several.
    """

    def __init__(self, model: keras.Model):
        self._several = len(model.inputs) > 1
        self._answer = model.predict_on_batch
        if keras.backend.backend() == "tensorflow":
            self._answer = self._traced(model)

    def __call__(self, inputs: Any) -> np.ndarray:
        """Predicts one batch.

        Args:
            inputs: an array, or a list of them of a model of several inputs.
        """
        return keras.ops.convert_to_numpy(self._answer(list(inputs) if self._several else inputs))

    def in_store_order(self, batches: LengthBatches) -> np.ndarray:
        """Predicts all inputs of the batches, `(inputs, columns)`, in the order of the store."""
        found = [self(batches[place][0]) for place in range(len(batches))]
        return batches.in_store_order(np.concatenate(found))

    def _traced(self, model: keras.Model) -> Any:
        import tensorflow as tf

        specs = [tf.TensorSpec(each.shape, each.dtype) for each in model.inputs]
        signature = [specs if self._several else specs[0]]

        def answer(inputs: Any) -> Any:
            return model(inputs, training=False)

        return tf.function(answer, input_signature=signature, autograph=False)
