"""Says by gradients how much each value of a series speaks for the answer: gradient x input."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np

from attn_tuner.explaining.series_attention import series_batches
from attn_tuner.exporting.bundle import bucket_length
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.series.batches import padded


class SeriesGradients:
    """Computes the importance of each value: `SeriesGradients(bundle)(series, answers)`.

        I_ti = (x_ti - mean_i) df / dx_ti          0 where x_ti is missing, or not read

    f is the probability of the answered class, of the most probable label, the number, or the mean
    of the numbers of a forecast, of quantiles the medians. Values are taken from the mean of their
    feature in training, so that I does not depend on the unit. It is above 0 where a value, being
    what it is rather than the mean, speaks for the answer. TensorFlow backend only, and of an
    average what MiniRocket adds has no gradient: it counts how often a threshold is passed.

    Args:
        bundle: the model.

    Reference:
        Shrikumar et al. 2017, section 3.2.  https://arxiv.org/abs/1605.01713
    """

    def __init__(self, bundle: SeriesBundle):
        self.bundle = bundle

    @staticmethod
    def applicable() -> bool:
        """Returns whether the backend is TensorFlow."""
        return keras.backend.backend() == "tensorflow"

    def __call__(self, series: Sequence[np.ndarray], answers: np.ndarray) -> list[np.ndarray]:
        """Computes the importance of the values of series.

        Args:
            series: arrays `(steps, features)`, as `bundle.inputs` returns them.
            answers: `(series, columns)`, what the model answers to them.

        Returns:
            For each series `(steps, features)` float32, in the unit of f.
        """
        followed = self._followed(np.asarray(answers))
        mean = np.array(self.bundle.vectorizer.mean, "float32")
        found = [np.zeros_like(each) for each in series]
        for chosen in series_batches([len(each) for each in series]):
            some = [series[each] for each in chosen]
            batch = padded(some, bucket_length(max(map(len, some))))
            slopes = self._slopes(batch, followed[chosen]).numpy()
            for row, place in zip(slopes, chosen, strict=True):
                given = series[place]
                there = ~np.isnan(given)
                found[place][there] = ((given - mean) * row[: len(given)])[there]
        return found

    def _followed(self, answers: np.ndarray) -> np.ndarray:
        """Returns the weight of each output of the model in f: `(series, outputs)` float32."""
        outputs = self.bundle.model.output_shape[-1]
        found = np.zeros((len(answers), outputs), "float32")
        if self.bundle.kind == "number":
            answer = self.bundle.answers
            levels = answer.levels or (0.5,)
            found[:, levels.index(0.5) :: len(levels)] = 1 / answer.label_width(outputs)
        elif outputs == 1:  # The probability of class 1; where 0 is the answer, 1 less it.
            found[:, 0] = np.where(answers.argmax(axis=1) == 0, -1.0, 1.0)
        else:
            found[np.arange(len(answers)), answers.argmax(axis=1)] = 1.0
        return found

    @cached_property
    def _slopes(self) -> Any:
        """Differentiates f by the raw series. One graph serves all lengths."""
        import tensorflow as tf

        def slopes(series: tf.Tensor, followed: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(series)
                told = tf.reduce_sum(followed * self.bundle.model(series, training=False))
            zero = tf.UnconnectedGradients.ZERO
            return tape.gradient(told, series, unconnected_gradients=zero)

        outputs = self.bundle.model.output_shape[-1]
        series = tf.TensorSpec((None, None, len(self.bundle.features)), tf.float32)
        followed = tf.TensorSpec((None, outputs), tf.float32)
        return tf.function(slopes, input_signature=[series, followed], autograph=False)


def feature_shares(importance: np.ndarray) -> np.ndarray:
    """Returns the share of each feature in the importance of all values, whatever their sign.

        S_i = sum_t |I_ti| / sum_tj |I_tj|        0 where nothing is important

    Args:
        importance: `(steps, features)`, of one series.

    Returns:
        `(features,)` float.
    """
    total = np.abs(importance).sum(axis=0, dtype="float64")
    return total / (total.sum() or 1.0)
