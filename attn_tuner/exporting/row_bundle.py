"""Bundles a model of texts and the columns beside them with what reads both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.inputs.kinds import COLUMNS
from attn_tuner.text.columns.cells import MISSING, TEXT
from attn_tuner.text.columns.encoder import CategoricalColumn, NumericColumn
from attn_tuner.text.columns.reading import read_rows
from attn_tuner.text.columns.vectorizer import RowVectorizer

if TYPE_CHECKING:  # It imports TensorFlow.
    from attn_tuner.exporting.row_signatures import RowScorer

_UNKNOWN = "a value that no training text has"
_NOT_FOR_ROWS = ("onnx", "litert")


@dataclass(frozen=True, eq=False)
class RowBundle(Bundle):
    """A model of texts and columns, with what it needs to read rows and to name its answers.

    A row is a dictionary: "text", and the value of each column by its name.

    Args:
        vectorizer: `RowVectorizer` of the training part.
        model: `keras.Model` of `[ids, columns]`: ids `(batch, steps)` as of `Bundle`, and columns
            `(batch, columns)` as `ColumnEncoder.read` makes them. Its outputs are as of `Bundle`.
        classes, max_length, truncation, vocabulary_size, card, task, conformal, known: as of
            `Bundle`.

    Raises:
        ExportError: the parts do not fit each other.
    """

    vectorizer: RowVectorizer

    input: ClassVar[str] = COLUMNS.name

    def __post_init__(self):
        if not isinstance(self.vectorizer, RowVectorizer):
            raise ExportError(
                f"The vectorizer is a {type(self.vectorizer).__name__}, which reads texts alone. "
                "Give a RowVectorizer, or use Bundle."
            )
        super().__post_init__()
        wanted, shapes = len(self.vectorizer.columns.names), [x.shape for x in self.model.inputs]
        if list(map(tuple, shapes)) != [(None, None), (None, wanted)]:
            raise ExportError(
                f"The model takes inputs of the shapes {shapes}. With {wanted} columns it should "
                f"take ids (None, None) and columns (None, {wanted})."
            )

    def inputs(self, given: Any, who: str = "predict()", **options: Any) -> list[dict[str, Any]]:
        """Reads rows in any form that `text.columns.reading.read_rows` takes.

        Args:
            given: the rows.
            who: str, what reads them, for messages.
            options: `text` and `trained`, as of `text.input_texts.read_texts`.

        Raises:
            DataError: they cannot be read, or lack a column.
        """
        columns, trained = self.vectorizer.columns, options.get("trained", ())
        return read_rows(given, columns, options.get("text"), who, trained)

    def ids(self, texts: Sequence) -> list[list[int]]:
        """Encodes the texts of rows as the model reads them."""
        return super().ids([row[TEXT] for row in texts])

    def beside(self, texts: Sequence) -> np.ndarray | None:
        """Encodes the columns of rows: `(rows, columns)` float32."""
        return self.vectorizer.columns.read(texts)

    def padded(self, texts: Any) -> list[np.ndarray | None]:
        """Encodes rows as a batch for the model: ids `(rows, steps)` and columns."""
        rows = self.inputs(texts, "RowBundle.padded()")
        return [super().padded(rows), self.beside(rows)]

    def predict(self, texts: Any, batch_size: int = 64) -> np.ndarray:
        """Predicts probabilities `(rows, classes)`, or numbers `(rows, 1)`, in float32."""
        return super().predict(self.inputs(texts, "RowBundle.predict()"), batch_size)

    def described(self, given: Mapping[str, Any]) -> str:
        """Names one row in a table of predictions by its text."""
        return given[TEXT]

    def samples(self) -> list[dict[str, Any]]:
        """Generates rows: texts as of `Bundle`, with known, unknown and missing values."""
        random = np.random.default_rng(0)
        columns = self.vectorizer.columns.columns
        return [
            {TEXT: text, **{each.name: _sample(each, random) for each in columns}}
            for text in super().samples()
        ]

    def example(self) -> dict[str, Any]:
        """Returns a row to show how the model is called."""
        usual = {
            each.name: each.values[0]
            if isinstance(each, CategoricalColumn)
            else float(f"{each.mean:.4g}")
            for each in self.vectorizer.columns.columns
        }
        return {TEXT: "a text", **usual}

    def scorer(self) -> "RowScorer":
        """Builds the TensorFlow graph of a SavedModel."""
        from attn_tuner.exporting.row_signatures import RowScorer

        return RowScorer(self)

    def check_formats(self, formats: Sequence[str], smaller: bool = False) -> None:
        """Raises ExportError for a format that takes one input, or if it should be shrunk.

        Args:
            formats: names of formats.
            smaller: bool, whether the artefact should be shrunk.
        """
        refused = next((name for name in formats if name in _NOT_FOR_ROWS), None)
        if refused:
            raise ExportError(
                f"The format {refused} takes a model of texts alone, and this model reads columns "
                "beside them. Choose savedmodel or keras."
            )
        if smaller:
            raise ExportError(
                "A model of texts with columns cannot be shrunk yet. Leave out max_size_mb and "
                "shrink, or search with max_parameters."
            )

    def facts(self) -> dict[str, Any]:
        """Returns how rows are read, for the model card."""
        described = [each.sentence for each in self.vectorizer.columns.columns]
        return {**super().facts(), "columns": described}

    def size_words(self) -> str:
        """Says how large the input is, for the model card."""
        names = ", ".join(self.vectorizer.columns.names)
        return f"{super().size_words().rstrip('.')}, and the columns {names}."

    def limits(self) -> list[str]:
        """Says in sentences what of a row is not read."""
        *said, last = super().limits()
        for each in self.vectorizer.columns.columns:
            said.append(f"Column {each.sentence}; {_rule(each)}.")
        return [*said, last]


def _rule(column: NumericColumn | CategoricalColumn) -> str:
    """Says what the model makes of values that it has not learnt from."""
    if isinstance(column, NumericColumn):
        told = ", and the model is told that it is missing" if column.missing else ""
        return f"a missing number counts as the mean{told}"
    alike = "" if MISSING in column.values else ", as a missing one does"
    return f"an unknown value counts as rare{alike}"


def _sample(column: NumericColumn | CategoricalColumn, random: np.random.Generator) -> Any:
    """Draws a value; one in six is missing or unknown."""
    if isinstance(column, CategoricalColumn):
        return str(random.choice([*column.values, MISSING, _UNKNOWN]))
    missing = random.random() < 1 / 6
    return None if missing else float(random.normal(column.mean, column.deviation))
