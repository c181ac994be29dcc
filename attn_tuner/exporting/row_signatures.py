"""Builds the TensorFlow graph of a model of texts with columns: raw rows to labels."""

import tensorflow as tf

from attn_tuner.exporting.array_graph import ArrayScorer
from attn_tuner.exporting.row_bundle import RowBundle
from attn_tuner.exporting.signatures import Labelled, reader_of
from attn_tuner.text.columns.cells import TEXT
from attn_tuner.text.columns.encoder import OTHER, CategoricalColumn

_NO_HEAD = "The model has no attention head, so there is no `explain` signature."


class RowScorer(Labelled):
    """Raw texts and columns to labels and probabilities, or to numbers.

    Args:
        bundle: `RowBundle` to build the graph from.
    """

    def __init__(self, bundle: RowBundle):
        super().__init__(bundle.kind, bundle.classes, "rows")
        self.model = ArrayScorer(bundle, (bundle.max_length, bundle.truncation))
        self.reader = reader_of(bundle)
        columns = bundle.vectorizer.columns
        self._arguments = columns.arguments()
        named = [each for each in columns.columns if isinstance(each, CategoricalColumn)]
        self.tables = [_table(each) for each in named]
        self._places = {each.name: place for place, each in enumerate(named)}
        # Traced here, so that all signatures share one graph of the model.
        ids = tf.TensorSpec((None, None), tf.int32)
        beside = tf.TensorSpec((None, len(columns.names)), tf.float32)
        score = tf.function(self.model, input_signature=[[ids, beside]], autograph=False)
        self._score = score.get_concrete_function()

    def serve(self, **given: tf.Tensor) -> dict:
        """Predicts `label` and `probabilities` (batch, classes) of texts and columns by name.

        Args:
            given: `text` (batch,) string, and each column (batch,): float32, NaN where a number is
                missing, or string.

        Returns:
            As of `TextScorer.serve`.
        """
        scores = self._with_names(self._score([self.reader(given[TEXT]), self._columns(given)]))
        return {name: each for name, each in scores.items() if name != "weights"}

    def explain(self, **given: tf.Tensor) -> dict:
        """Predicts as `serve`, with tokens, places and attention as of `TextScorer.explain`."""
        read = self.reader.explain(given[TEXT])
        scores = self._score([read.pop("ids"), self._columns(given)])
        return {**self._with_names(scores), **read}

    def signatures(self) -> tuple[dict, tuple[str, ...]]:
        """Returns the concrete functions of a SavedModel by name, and notes."""
        specs = {TEXT: tf.TensorSpec((None,), tf.string, name=TEXT)}
        for name, argument in self._arguments.items():
            dtype = tf.string if name in self._places else tf.float32
            specs[argument] = tf.TensorSpec((None,), dtype, name=argument)
        serve = tf.function(self.serve, autograph=False)
        found = {"serving_default": serve.get_concrete_function(**specs)}
        if self._classes:
            names = tf.function(self.names, [], autograph=False)
            found["classes"] = names.get_concrete_function()
        if not self.model.has_weights:
            return found, (_NO_HEAD,)
        explain = tf.function(self.explain, autograph=False)
        found["explain"] = explain.get_concrete_function(**specs)
        return found, ()

    def _columns(self, given: dict) -> tf.Tensor:
        """Encodes all columns as `ColumnEncoder.read`: (batch, columns) float32."""
        columns = [self._read(name, given[argument]) for name, argument in self._arguments.items()]
        return tf.stack(columns, axis=1)

    def _read(self, name: str, values: tf.Tensor) -> tf.Tensor:
        """Encodes one column as `ColumnEncoder.read`: (batch,) float32."""
        if name not in self._places:
            return values
        table = self.tables[self._places[name]]
        return tf.cast(table.lookup(tf.strings.strip(values)), tf.float32)


def _table(column: CategoricalColumn) -> tf.lookup.StaticHashTable:
    """The number of each value of a column, from 1."""
    names, numbers = zip(*column.numbers.items(), strict=True)
    pairs = tf.lookup.KeyValueTensorInitializer(
        tf.constant(names), tf.constant(numbers, dtype=tf.int64)
    )
    return tf.lookup.StaticHashTable(pairs, OTHER)
