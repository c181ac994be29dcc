"""A linear model of n-grams as a Keras layer over token ids, so that it can be exported."""

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.arguments import size
from attn_tuner.layers.hashed_ngrams import hashed_ngrams
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.layers.word_parts import fixed_tables, hold_tables, part_buckets, table_sizes
from attn_tuner.text.ngram_hashing import MAX_COUNT, log_count
from attn_tuner.text.subwords import NOTHING, PartTables
from attn_tuner.text.token_ids import UNKNOWN

ANSWERS = ("sigmoid", "shares", "softmax", "linear")


def check_answers(answers: str) -> None:
    """Raises SpaceError unless this is one of `ANSWERS`."""
    if answers not in ANSWERS:
        raise SpaceError(f"answers is '{answers}'. It should be one of {', '.join(ANSWERS)}.")


def answered(scores: Tensor, answers: str) -> Tensor:
    """Returns what is answered by scores `(batch, outputs)`.

    Args:
        scores: of a linear model.
        answers: one of `ANSWERS`.
    """
    if answers == "linear":
        return scores
    if answers == "softmax":
        return ops.softmax(scores, axis=-1)
    found: Tensor = ops.sigmoid(scores)
    if answers == "shares":
        found = found / ops.maximum(ops.sum(found, axis=-1, keepdims=True), 1e-12)
    return found


def linear_model(learnt: dict[str, Any]) -> keras.Model:
    """Returns the linear baseline as a model of ids, with the same predictions.

    Args:
        learnt: `Baseline.learnt`, arrays by name, of texts alone.
    """
    return _model(learnt, str(learnt["answers"]))


def ngram_scores(learnt: dict[str, Any]) -> keras.Model:
    """Returns what the n-grams add to the linear baseline, as a model of ids: no activation.

    Args:
        learnt: as of `linear_model`.
    """
    return _model(learnt, "linear")


def _model(learnt: dict[str, Any], answers: str) -> keras.Model:
    tables = PartTables.of_arrays(learnt)
    layer = NgramRegression(
        int(learnt["words"]),
        int(learnt["order"]),
        int(learnt["buckets"]),
        len(learnt["bias"]),
        answers,
        seen=len(learnt["columns"]),
        parts=None if tables is None else {**table_sizes(tables), "buckets": tables.buckets},
        name="ngrams",
    )
    ids = keras.Input((None,), dtype="int32", name="ids")
    model = keras.Model(ids, layer(ids), name="linear")
    layer.hold(learnt["columns"], learnt["weights"], learnt["squares"], learnt["bias"], tables)
    return model


@keras.saving.register_keras_serializable(package="attn_tuner")
class NgramRegression(keras.layers.Layer):
    """A linear model of the TF-IDF of n-grams, from the ids of whole texts to predictions.

        z = sum_g f(n_g) v_g / sqrt(sum_g f(n_g)^2 s_g) + b,    f(n) = 1 + log min(n, 8)

    g are the n-grams of 1 to `order` tokens of a text, and with `parts` also the character n-grams
    of its words; n_g is the count of each, v_g its weights times its inverse document frequency,
    s_g the square of the latter. Both are 0 for an n-gram that is not in the training texts. The
    columns of a text are sorted, so that equal ones are adjacent: the k-th occurrence of an n-gram
    adds f(k) - f(k - 1). The layer is not trainable.

    Args:
        words: number of columns for single tokens, by their ids.
        order: largest number of tokens of an n-gram.
        buckets: number of hashed columns for longer n-grams, a power of 2 up to `BUCKETS`.
        outputs: columns of the output.
        answers: activation: "sigmoid", "shares" (sigmoids divided by their sum), "softmax" or
            "linear".
        seen: number of n-grams that have weights; all columns if not given. Only these have a row
            in the table; rows of zeros for all others would take hundreds of megabytes with many
            classes.
        parts: sizes of the tables of the parts of words: arguments of `fixed_tables` by name, and
            the number of `buckets`, which are further columns. None for words alone.

    Shapes:
        ids `(batch, steps)`, 0 is padding, to `(batch, outputs)`, float32. Ids from `words` on are
        read as unknown, 1; with `parts` they say the beginning and the end of a word, too.
    """

    def __init__(
        self,
        words: int,
        order: int,
        buckets: int,
        outputs: int,
        answers: str = "sigmoid",
        seen: int | None = None,
        parts: Mapping[str, int] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        check_answers(answers)
        self.words = size("words", words)
        self.order = size("order", order)
        self.buckets = size("buckets", buckets)
        self.outputs = size("outputs", outputs)
        self.answers = answers
        self.parts = None if parts is None else dict(parts)
        self.columns = self.words + self.buckets + (self.parts["buckets"] if self.parts else 0)
        self.seen = self.columns if seen is None else size("seen", seen, least=0)
        steps = log_count(np.arange(1, MAX_COUNT + 1))
        self.gains = np.diff(steps, prepend=0.0).astype("float32")
        self.square_gains = np.diff(steps**2, prepend=0.0).astype("float32")

    def build(self, ids_shape: Shape) -> None:
        def fixed(name: str, shape: Shape, dtype: str = "float32") -> keras.Variable:
            return self.add_weight(
                name=name, shape=shape, dtype=dtype, initializer="zeros", trainable=False
            )

        # The row of each column; row 0 has zeros, for padding and for n-grams without weights.
        self.places = fixed("places", (self.columns,), "int32")
        self.table = fixed("table", (1 + self.seen, self.outputs + 1))
        self.bias = fixed("bias", (self.outputs,))
        if self.parts:
            sizes = {name: each for name, each in self.parts.items() if name != "buckets"}
            self.part_tables = fixed_tables(self, **sizes)

    def hold(
        self,
        columns: np.ndarray,
        weights: np.ndarray,
        squares: np.ndarray,
        bias: np.ndarray,
        tables: PartTables | None = None,
    ) -> None:
        """Sets the weights.

        Args:
            columns: `(n,)` int, the columns that have weights.
            weights: `(n, outputs)`.
            squares: `(n,)`, squared inverse document frequencies.
            bias: `(outputs,)`.
            tables: the parts of words, where it reads them.
        """
        table = np.zeros(self.table.shape, "float32")
        rows = np.arange(1, len(columns) + 1)
        table[rows] = np.concatenate([weights, squares[:, None]], axis=1)
        places = np.zeros(self.places.shape, "int32")
        places[columns] = rows
        places[0] = 0  # Padding.
        self.places.assign(places)
        self.table.assign(table)
        self.bias.assign(bias)
        if tables is not None:
            hold_tables(self.part_tables, tables)

    @property
    def reads_parts(self) -> tuple[int, int, int] | None:
        """Numbers of words, beginnings and ends whose parts it reads; None for words alone."""
        if not self.parts:
            return None
        return self.parts["words"], self.parts["beginnings"], self.parts["ends"]

    def load_own_variables(self, store: Any) -> None:
        """Reads weights, also those of version 0.1, whose table had a row for each column."""
        if len(store.keys()) == len(self.weights):
            return super().load_own_variables(store)
        table, bias = np.asarray(store["0"]), np.asarray(store["1"])
        self.hold(np.arange(len(table)), table[:, :-1], table[:, -1], bias)

    def call(self, ids: Tensor) -> Tensor:
        columns = ops.sort(
            ops.concatenate(list(self._columns(ops.cast(ids, "int32"))), axis=1), axis=1
        )
        rows = ops.take(self.table, ops.take(self.places, columns, axis=0), axis=0)
        weights, squares = rows[..., :-1], rows[..., -1]
        first, second = self._gains(columns)
        total = ops.sum(first[..., None] * weights, axis=1)
        norm = ops.sqrt(ops.maximum(ops.sum(second * squares, axis=1, keepdims=True), 1e-12))
        found = total / norm + self.bias
        return answered(found, self.answers)

    def _columns(self, ids: Tensor) -> Iterator[Tensor]:
        """Yields columns `(batch, ...)`: those of each length of n-gram, and those of all parts.

        0 stands where there is none.
        """
        if self.parts:
            found = part_buckets(ids, *self.part_tables)
            found = ops.where(found == NOTHING, 0, found + self.words + self.buckets)
            texts, steps = ops.shape(ids)
            yield ops.reshape(found, (texts, steps * self.parts["parts"]))
        ids = ops.where(ids < self.words, ids, UNKNOWN)
        yield ids
        for bucket, whole in hashed_ngrams(ids, self.order):
            yield ops.where(whole, bucket % self.buckets + self.words, 0)

    def _gains(self, columns: Tensor) -> tuple[Tensor, Tensor]:
        """Returns what each occurrence adds to the sum and to the squared norm."""
        before = ops.concatenate([ops.repeat(columns[:, :1] * 0 - 1, MAX_COUNT, 1), columns], 1)
        occurrence = ops.zeros_like(columns)
        for back in range(1, MAX_COUNT + 1):
            earlier = before[:, MAX_COUNT - back : -back]
            occurrence += ops.cast(ops.equal(earlier, columns), "int32")
        counted = ops.cast(occurrence < MAX_COUNT, "float32")
        index = ops.minimum(occurrence, MAX_COUNT - 1)
        first = ops.take(ops.convert_to_tensor(self.gains), index, axis=0)
        second = ops.take(ops.convert_to_tensor(self.square_gains), index, axis=0)
        return counted * first, counted * second

    def compute_output_spec(self, ids: Tensor) -> Any:
        return keras.KerasTensor((ids.shape[0], self.outputs), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        names = ("words", "order", "buckets", "outputs", "answers", "seen")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own, "parts": self.parts and dict(self.parts)}
