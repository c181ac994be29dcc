"""Builds the TensorFlow graph of a model of series: raw numbers to labels."""

import tensorflow as tf

from attn_tuner.exporting.array_graph import HeldModel
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.exporting.signatures import Labelled


class SeriesScorer(Labelled):
    """Raw series `(batch, steps, features)` to labels and probabilities, or to numbers.

    It holds the model's numbers and nothing else of it.

    Args:
        bundle: `SeriesBundle` to build the graph from.
    """

    def __init__(self, bundle: SeriesBundle):
        super().__init__(bundle.kind, bundle.classes, "series")
        self._held = HeldModel(bundle.model)
        self._doubt = (bundle.conformal, bundle.known)
        self._series = tf.TensorSpec((None, None, len(bundle.features)), tf.float32, name="series")
        # Traced here, so that both signatures share one graph of the model.
        score = tf.function(self._scores, [self._series], autograph=False)
        self._score = score.get_concrete_function()

    def serve(self, series: tf.Tensor) -> dict:
        """Predicts `label` and `probabilities` of series, NaN where a value is missing.

        A shorter series has NaN in all features behind its last step. A regression gives `value`
        (batch,) only. Sets, intervals and `known` are as of `TextScorer`.
        """
        return self._score(series)

    def padded(self, series: tf.Tensor, lengths: tf.Tensor) -> dict:
        """Predicts as `serve`; what stands behind `lengths` (batch,) int32 is not read."""
        there = tf.sequence_mask(lengths, tf.shape(series)[1])[:, :, None]
        return self.serve(tf.where(there, series, tf.constant(float("nan"))))

    def signatures(self) -> tuple[dict, tuple[str, ...]]:
        """Returns the concrete functions of a SavedModel by name, and notes."""
        lengths = tf.TensorSpec((None,), tf.int32, name="lengths")
        found = {
            "serving_default": tf.function(self.serve, [self._series], autograph=False),
            "padded": tf.function(self.padded, [self._series, lengths], autograph=False),
        }
        if self._classes:
            found["classes"] = tf.function(self.names, [], autograph=False)
        notes = ("A model of series has no `explain` signature yet.",)
        return {name: each.get_concrete_function() for name, each in found.items()}, notes

    def _scores(self, series: tf.Tensor) -> dict:
        return self.named(self._held(series), self._doubt)
