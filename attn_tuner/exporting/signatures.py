"""Builds TensorFlow graphs of a bundle: strings to labels, probabilities and attention."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from attn_tuner.exporting.array_graph import ArrayScorer, HeldModel, with_doubt
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import KnownTexts
from attn_tuner.exporting.named_inputs import NamedInputs, all_layers, one_output
from attn_tuner.tasks import JOINED, THRESHOLD
from attn_tuner.text.token_ids import UNKNOWN

Doubt = tuple[Conformal | None, KnownTexts | None]
NUMBERS = ("value", "lower", "upper")  # Outputs of a regression, one column each.
_WITH_TABLES = (
    keras.layers.IntegerLookup,
    keras.layers.StringLookup,
    keras.layers.TextVectorization,
)


class Labelled(tf.Module):
    """Adds labels to probabilities.

    Args:
        kind: str, key of `metrics.MEASURES`.
        classes: sequence of str, names of classes or labels.
        name: str, of the module.
    """

    def __init__(self, kind: str, classes: Sequence[str], name: str):
        super().__init__(name=name)
        self._kind = kind
        self._classes = list(classes)

    def names(self) -> dict:
        """Returns `classes` (classes,): class names in the order of the probabilities."""
        return {"classes": tf.constant(self._classes)}

    def named(self, answer: tf.Tensor, doubt: Doubt = (None, None)) -> dict:
        """Names the output of a model: `label` and `probabilities`, or `value`.

        Args:
            answer: the output.
            doubt: `conformal` and `known` of the bundle; None where it has them not.
        """
        one = tf.cast(answer, tf.float32)
        if self._kind == "number":
            return self._with_names(with_doubt({"value": one}, *doubt))
        if one.shape[-1] == 1 and self._kind == "class":
            one = tf.concat([1.0 - one, one], axis=-1)
        return self._with_names(with_doubt({"probabilities": one}, *doubt))

    def _with_names(self, scores) -> dict:
        if self._kind == "number" and self._classes:
            return scores  # The numbers of a forecast, a column each.
        if self._kind == "number":
            numbers = {name: scores[name] for name in NUMBERS if name in scores}
            squeezed = {name: tf.squeeze(each, axis=-1) for name, each in numbers.items()}
            return {**scores, **squeezed}
        if self._kind == "labels":
            return self._with_labels(scores)
        best = tf.argmax(scores["probabilities"], axis=-1)
        return {**scores, "label": tf.gather(tf.constant(self._classes), best)}

    def _with_labels(self, scores) -> dict:
        there = scores["probabilities"] >= THRESHOLD
        names = tf.boolean_mask(tf.broadcast_to(tf.constant(self._classes), tf.shape(there)), there)
        counts = tf.reduce_sum(tf.cast(there, tf.int64), axis=-1)
        joined = tf.strings.reduce_join(
            tf.RaggedTensor.from_row_lengths(names, counts), axis=-1, separator=JOINED
        )
        return {**scores, "label": joined, "labels": there}


def reader_of(bundle: Bundle) -> Any:
    """Builds the graph that reads strings to ids as the model of a bundle takes them."""
    own = {"subwords": True} if bundle.subwords else {}
    return bundle.vectorizer.graph(
        bundle.max_length, bundle.truncation, bundle.vocabulary_size, **own
    )


class TextScorer(Labelled):
    """Strings (batch,) to labels, probabilities and tokens.

    Args:
        bundle: `Bundle` to build the graph from.
    """

    def __init__(self, bundle: Bundle):
        super().__init__(bundle.kind, bundle.classes, "texts")
        self.model = ArrayScorer(bundle, (bundle.max_length, bundle.truncation))
        self.reader = reader_of(bundle)
        self._vocabulary_size = bundle.vocabulary_size
        self._steps = bundle.steps
        # Traced here, so that all signatures share one graph of the model.
        ids = tf.TensorSpec((None, bundle.steps), tf.int32)
        score = tf.function(self.model, input_signature=[ids], autograph=False)
        self._score = score.get_concrete_function()

    def serve(self, texts: tf.Tensor) -> dict:
        """Predicts `label` (batch,) and `probabilities` (batch, classes).

        With several labels per text, `label` joins those above the threshold and `labels` (batch,
        classes) is True for them. A regression gives `value` (batch,) only. With prediction sets
        `set` (batch, classes) is True for the classes of the set; with intervals there are `lower`
        and `upper` (batch,). `known` (batch,) is False for texts that are probably none of the
        classes, of a model that tells them.
        """
        scores = self._with_names(self._score(self._pad_to_steps(self.reader(texts))))
        return {name: each for name, each in scores.items() if name != "weights"}

    def explain(self, texts: tf.Tensor) -> dict:
        """Predicts as `serve`, with the tokens, their places in the text and their attention.

        `tokens`, `start`, `end` are (batch, steps), `weights` is (batch, hops, steps). Places count
        characters; `end` is exclusive. At padding tokens are "" and places 0.
        """
        read = {name: self._pad_to_steps(each) for name, each in self.reader.explain(texts).items()}
        return {**self._with_names(self._score(read.pop("ids"))), **read}

    def score(self, ids: tf.Tensor) -> dict:
        """Predicts `label`, `probabilities` and `weights` from ids (batch, steps), 0 at padding."""
        if self._vocabulary_size is not None:
            ids = tf.where(ids < self._vocabulary_size, ids, UNKNOWN)
        return self._with_names(self._score(ids))

    def signatures(self) -> tuple[dict, tuple[str, ...]]:
        """Returns the concrete functions of a SavedModel by name, and notes."""
        texts = tf.TensorSpec((None,), tf.string, name="text")
        ids = tf.TensorSpec((None, self._steps), tf.int32, name="ids")
        found = {
            "serving_default": tf.function(self.serve, [texts], autograph=False),
            "ids": tf.function(self.score, [ids], autograph=False),
        }
        if self._classes:
            found["classes"] = tf.function(self.names, [], autograph=False)
        notes = ()
        if self.model.has_weights:
            found["explain"] = tf.function(self.explain, [texts], autograph=False)
        else:
            notes = ("The model has no attention head, so there is no `explain` signature.",)
        return {name: each.get_concrete_function() for name, each in found.items()}, notes

    def _pad_to_steps(self, dense):
        """Pads to the fixed length of the model, if it has one."""
        if self._steps is None:
            return dense
        padding = tf.constant("" if dense.dtype == tf.string else 0, dense.dtype)
        missing = self._steps - tf.shape(dense)[1]
        filled = tf.pad(dense, [[0, 0], [0, missing]], constant_values=padding)
        return tf.ensure_shape(filled, (None, self._steps))


class NamedScorer(Labelled):
    """Inputs by name to labels and probabilities, or to numbers.

    Args:
        inputs: `NamedInputs`.
    """

    def __init__(self, inputs: NamedInputs):
        super().__init__(inputs.kind, inputs.classes, "inputs")
        model = one_output(inputs.model)
        self._held = HeldModel(model)
        # Their lookup tables are no variables, and are saved only with what holds them.
        self._readers = [each for each in all_layers(model) if isinstance(each, _WITH_TABLES)]
        self._graphs = {}
        self._given = {}
        for each in inputs.model.inputs:
            self._given[each.name] = (each.dtype, tuple(each.shape[1:]))
            if each.name in inputs.vectorizers:
                limit = each.shape[1] or inputs.max_length
                self._graphs[each.name] = inputs.vectorizers[each.name].graph(limit)

    def signature(self) -> dict[str, tf.TensorSpec]:
        """The arguments of `serve` by name; of one value a row `(batch,)`."""
        found = {}
        for name, (dtype, shape) in self._given.items():
            if name in self._graphs:
                dtype, shape = "string", ()
            elif shape == (1,):
                shape = ()
            found[name] = tf.TensorSpec((None, *shape), dtype, name=name)
        return found

    def serve(self, **given: tf.Tensor) -> dict:
        """Predicts `label` and `probabilities` (batch, classes), as `TextScorer.serve`."""
        columns = [self._read(name, given[name]) for name in self._given]
        return self.named(self._held(columns))

    def _read(self, name, values):
        dtype, shape = self._given[name]
        if name in self._graphs:
            ids = self._graphs[name](values)
            if shape[0] is not None:
                ids = tf.pad(ids, [[0, 0], [0, shape[0] - tf.shape(ids)[1]]])
            values = tf.cast(ids, dtype)
        elif shape == (1,):
            values = values[:, None]
        return tf.ensure_shape(values, (None, *shape))
