"""Builds the TensorFlow graph of a model of arrays: probabilities, attention, sets, intervals."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from attn_tuner.attention.placed_weights import with_attention
from attn_tuner.exporting.array_input import ArrayInput
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import LEAST, KnownTexts
from attn_tuner.exporting.series_bundle import SeriesBundle


class HeldModel(tf.Module):
    """A model's numbers and nothing else of it: no optimiser, no layer, no Python.

    Args:
        model: `keras.Model`.
        constant: bool, whether weights are constants of the graph; else they are variables, shared
            by all signatures of a SavedModel.
    """

    def __init__(self, model: keras.Model, constant: bool = False):
        super().__init__(name="model")
        # Only the method: an attribute with the model would be saved, with all weights twice.
        self._answer = model.stateless_call
        hold = _constants if constant else _variables
        self._trainable = hold(model.trainable_variables)
        self._fixed = hold(model.non_trainable_variables)

    def __call__(self, given: Any) -> Any:
        """Returns what the model gives for inputs, as in prediction."""
        outputs, _ = self._answer(
            [tf.convert_to_tensor(each) for each in self._trainable],
            [tf.convert_to_tensor(each) for each in self._fixed],
            given,
            training=False,
        )
        return outputs


class ArrayScorer(tf.Module):
    """The model's arrays to probabilities (batch, classes) and weights (batch, hops, steps).

    Arrays are ids (batch, steps), or raw series (batch, steps, features). Of a regression there is
    `value` (batch, 1) in place of the probabilities. A bundle with prediction sets adds `set`
    (batch, classes), one with intervals `lower` and `upper` (batch, 1), one that tells known texts
    `known` (batch,). Of the model it holds the numbers alone.

    Args:
        bundle: `Bundle` or `SeriesBundle` to build the graph from.
        cut_before: as of `ArrayInput`.
        constant: as of `HeldModel`.
    """

    def __init__(
        self,
        bundle: Bundle | SeriesBundle,
        cut_before: tuple[int | None, str] | None = None,
        constant: bool = False,
    ):
        super().__init__(name="arrays")
        outputs = with_attention(bundle.model, cut_before)
        self.has_weights = "weights" in outputs.output
        self._kind = bundle.kind
        self._doubt = (bundle.conformal, bundle.known)
        self._held = HeldModel(outputs, constant)

    def __call__(self, given: tf.Tensor) -> dict:
        answers = {name: tf.cast(each, tf.float32) for name, each in self._held(given).items()}
        one = answers["probabilities"]
        if self._kind == "number":
            answers["value"] = answers.pop("probabilities")
        elif one.shape[-1] == 1 and self._kind == "class":
            answers["probabilities"] = tf.concat([1.0 - one, one], axis=-1)
        return with_doubt(answers, *self._doubt)


def array_graph(bundle: Bundle | SeriesBundle, taken: ArrayInput, batch: int | None = None) -> Any:
    """Returns an `ArrayScorer` as a concrete function of its input, with constant weights.

    Args:
        bundle: to build the graph from.
        taken: `ArrayInput` of the bundle.
        batch: int, inputs of a call; None for any number.
    """
    spec = tf.TensorSpec((batch, *taken.shape), taken.dtype, name=taken.name)
    # Constants, as the interpreter of LiteRT does not find variables inside a loop.
    scorer = ArrayScorer(bundle, taken.cut_before, constant=True)
    score = tf.function(scorer, input_signature=[spec], autograph=False)
    return score.get_concrete_function()


def with_doubt(given: dict, conformal: Conformal | None, known: KnownTexts | None) -> dict:
    """Adds sets, intervals and known inputs, as `Conformal` and `KnownTexts` define them.

    Args:
        given: outputs by name.
        conformal, known: of the bundle.
    """
    at = None if conformal is None else tf.constant(conformal.at, tf.float32)
    if at is not None and "value" in given:
        return {**given, "lower": given["value"] - at, "upper": given["value"] + at}
    added, sure = {}, given.get("probabilities")
    if at is not None:
        most = tf.reduce_max(sure, axis=-1, keepdims=True)
        added["set"] = tf.logical_or(sure >= at, sure >= most)
    if known is not None:
        logs = tf.math.log(tf.maximum(sure, LEAST))
        added["known"] = -tf.reduce_sum(sure * logs, axis=-1) <= known.entropy
    return {**given, **added}


def _variables(values: Sequence) -> list[tf.Variable]:
    return [tf.Variable(each.numpy(), trainable=False) for each in values]


def _constants(values: Sequence) -> list:
    return [each.numpy() for each in values]
