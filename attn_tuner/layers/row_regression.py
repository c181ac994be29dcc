"""A linear model of n-grams and of columns beside texts, as Keras layers that can be exported."""

import json
from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.layers.arguments import size
from attn_tuner.layers.column_features import ColumnFeatures
from attn_tuner.layers.ngram_regression import (
    answered,
    check_answers,
    linear_model,
    ngram_scores,
)
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.text.columns.encoder import ColumnEncoder

WEIGHTS, CONFIG = "column_weights", "column_config"  # What is learnt of the columns, by name.


def text_or_row_model(learnt: dict[str, Any]) -> keras.Model:
    """Returns the linear baseline as a model of ids, or of ids and the columns that it reads.

    Args:
        learnt: `Baseline.learnt`, arrays by name.
    """
    return row_model(learnt) if WEIGHTS in learnt else linear_model(learnt)


def row_model(learnt: dict[str, Any]) -> keras.Model:
    """Returns the linear baseline of rows as a model of ids and columns.

    Args:
        learnt: `Baseline.learnt`, arrays by name.
    """
    scores = ngram_scores(learnt)
    encoder = ColumnEncoder.from_config(json.loads(str(learnt[CONFIG])))
    weights = np.asarray(learnt[WEIGHTS], "float32")
    columns = keras.Input((len(encoder.names),), name="columns")
    features = ColumnFeatures.of(encoder, name="column_features")(columns)
    layer = RowRegression(weights.shape[1], str(learnt["answers"]), name="rows")
    answers = layer([scores.outputs[0], features])
    layer.weights_of_features.assign(weights)
    return keras.Model([scores.inputs[0], columns], answers, name="linear")


@keras.saving.register_keras_serializable(package="attn_tuner")
class RowRegression(keras.layers.Layer):
    """Adds what columns say to the scores of n-grams, and answers by the sum.

        z = z_ngrams + x W

    W is not trainable.

    Args:
        outputs: columns of the output.
        answers: activation, as of `NgramRegression`.

    Shapes:
        scores `(batch, outputs)` and features `(batch, features)`, to `(batch, outputs)`, float32.
    """

    def __init__(self, outputs: int, answers: str = "sigmoid", **kwargs: Any):
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        check_answers(answers)
        self.outputs, self.answers = size("outputs", outputs), answers

    def build(self, shapes: Any) -> None:
        shape = (shapes[1][-1], self.outputs)
        self.weights_of_features = self.add_weight(
            name="features", shape=shape, initializer="zeros", trainable=False
        )

    def call(self, given: list[Tensor]) -> Tensor:
        scores, features = given
        return answered(scores + ops.matmul(features, self.weights_of_features), self.answers)

    def compute_output_shape(self, shapes: Any) -> Shape:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "outputs": self.outputs, "answers": self.answers}
