"""Adapts vectorizers for export: ours as it is, Keras' TextVectorization by a wrapper."""

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.text.columns.vectorizer import RowVectorizer
from attn_tuner.text.vectorizer import Vectorizer

if TYPE_CHECKING:  # It imports TensorFlow.
    from attn_tuner.exporting.keras_vectorizer_graph import KerasTextGraph

_OURS, _KERAS, _SCALER, _ROWS = "attn_tuner", "keras", "series", "columns"


def adapt_vectorizer(vectorizer: Any) -> Any:
    """Returns the vectorizer with the interface of `text.Vectorizer`.

    Raises:
        ExportError: it is neither of ours nor a Keras `TextVectorization` that gives ids.
    """
    if isinstance(vectorizer, keras.layers.TextVectorization):
        return KerasVectorizer(vectorizer)
    needed = ("vocabulary", "encode", "graph", "get_config")
    if all(hasattr(vectorizer, name) for name in needed):
        return vectorizer
    raise ExportError(
        f"vectorizer is a {type(vectorizer).__name__}. It should be an attn_tuner.text.Vectorizer "
        "or a keras.layers.TextVectorization, so that the export can read strings."
    )


class KerasVectorizer:
    """Wraps a `keras.layers.TextVectorization` with output mode `int`; 0 and 1 mean the same.

    The layer does not tell where a token stood in the text, so `start` and `end` are 0, and an
    unknown token is shown as `[UNK]`.
    """

    def __init__(self, layer: keras.layers.TextVectorization):
        config = layer.get_config()
        if config["output_mode"] != "int":
            raise ExportError(
                f"The TextVectorization layer gives '{config['output_mode']}' vectors; the model "
                "reads ids. Make it with output_mode='int'."
            )
        self.layer = layer
        self.vocabulary = [str(token) for token in layer.get_vocabulary()]
        if len(self.vocabulary) < 3:
            raise ExportError(
                "The TextVectorization layer has no vocabulary. Call its adapt(texts) first."
            )

    def encode(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Encodes texts into one array of ids, with the offsets of each text."""
        texts = list(texts)
        ids = keras.ops.convert_to_numpy(self.layer(texts)) if texts else np.zeros((0, 1), "int32")
        rows = [row[: 1 + row.nonzero()[0].max(initial=-1)] for row in ids]
        offsets = np.cumsum([0, *map(len, rows)], dtype="int64")
        return np.concatenate([np.zeros(0), *rows]).astype("int32"), offsets

    def graph(
        self,
        max_length: int | None = None,
        truncation: str = "head",
        vocabulary_size: int | None = None,
    ) -> "KerasTextGraph":
        """Builds the same conversion from TensorFlow operations."""
        from attn_tuner.exporting.keras_vectorizer_graph import KerasTextGraph

        return KerasTextGraph(self, max_length, truncation, vocabulary_size)

    def get_config(self) -> dict:
        config = {**self.layer.get_config(), "vocabulary": self.vocabulary[2:]}
        return {key: _encode_bytes(value) for key, value in config.items()}

    @classmethod
    def from_config(cls, config: Mapping) -> "KerasVectorizer":
        config = {key: _decode_bytes(value) for key, value in config.items()}
        return cls(keras.layers.TextVectorization.from_config(config))


def to_json(vectorizer: Any) -> dict:
    """Returns a description of a vectorizer, or of the scaler of series, for `from_json`."""
    kinds = {KerasVectorizer: _KERAS, SeriesScaler: _SCALER, RowVectorizer: _ROWS}
    return {"kind": kinds.get(type(vectorizer), _OURS), "config": vectorizer.get_config()}


def from_json(stored: Mapping) -> "Vectorizer | KerasVectorizer | SeriesScaler":
    """Creates the vectorizer from the description by `to_json`."""
    classes = {_OURS: Vectorizer, _KERAS: KerasVectorizer, _SCALER: SeriesScaler}
    classes[_ROWS] = RowVectorizer
    return classes[stored["kind"]].from_config(stored["config"])


def _encode_bytes(value):
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _decode_bytes(value):
    return (
        base64.b64decode(value["bytes"]) if isinstance(value, dict) and "bytes" in value else value
    )
