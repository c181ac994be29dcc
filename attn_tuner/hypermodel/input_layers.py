"""The layers between the input of a model and its encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from attn_tuner.encoding import Projection
from attn_tuner.errors import SpaceError
from attn_tuner.hypermodel.layer_names import LayerNames
from attn_tuner.layers.downsampling import Downsampling
from attn_tuner.layers.prepared_series import prepared_series
from attn_tuner.layers.region_sum import RegionSum
from attn_tuner.layers.series_input import FilledSteps, StandardizedSteps, StepLimit, StepMask
from attn_tuner.layers.subword_embedding import SubwordEmbedding
from attn_tuner.layers.token_limits import TextMask, TokenLimits, reading_of
from attn_tuner.model_space import REGION_DIM
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.text.columns.encoder import ColumnEncoder
from attn_tuner.text.subwords import PartTables, reads_subwords


@dataclass(frozen=True)
class InputLayers:
    """Makes the layers from ids, numeric sequences or raw series to embedded steps.

    Args:
        values: of the dimensions, by path.
        named: names the layers.
        vocabulary_size, features, scaler, vectors, region_vectors, parts: as in
            `AttentionHyperModel`.
        seed: int, of what the layers draw in training.
    """

    values: Mapping[str, Any]
    named: LayerNames
    vocabulary_size: int
    features: int | None
    scaler: SeriesScaler | None
    vectors: np.ndarray | None
    region_vectors: np.ndarray | None
    parts: PartTables | None
    seed: int

    def embed(self, inputs: Any) -> tuple[Any, Any, Any]:
        """Returns the embedded steps, the ids (None for numeric sequences), and the mask.

        Args:
            inputs: symbolic tensor of ids `(batch, steps)`, or of numbers
                `(batch, steps, features)`.
        """
        if self.scaler is not None:
            embedded, mask = self._scaled(self.scaler, inputs)
            return embedded, None, mask
        if self.features is not None:
            mask = TextMask(**self.named("mask", True))(inputs)
            projection = Projection(self.values["embedding_dim"], **self.named("projection", True))
            return projection(inputs, mask=mask), None, mask
        words = min(self.values["vocabulary_size"], self.vocabulary_size)
        limits = TokenLimits(
            words,
            self.values["max_length"],
            self.values["truncation"],
            self.values["word_dropout"],
            seed=self.seed,
            **self.named("limits", True),
        )
        ids = limits(inputs)
        mask = TextMask(**self.named("mask", True))(ids)
        embedded = self._table(ids, words)
        if reads_subwords(self.values):
            embedded = self._with_parts(embedded, inputs)
        return embedded, ids, mask

    def regions(self, ids: Any, mask: Any) -> Any:
        """Returns the features of the region of each token, `(batch, steps, REGION_DIM)`, or None.

        Their word vectors are not trained. Without vectors the table is random, until a checkpoint
        is loaded.

        Args:
            ids, mask: as `embed` returns them.
        """
        region_size = self.values.get("region_size", 0)
        if ids is None or not region_size:
            return None
        words = min(self.values["vocabulary_size"], self.vocabulary_size)
        table = keras.layers.Embedding(
            words, REGION_DIM, trainable=False, **self.named("region_embedding", True)
        )
        found = RegionSum(region_size, **self.named("regions", True))([table(ids), mask])
        vectors = self.vectors if self.region_vectors is None else self.region_vectors
        if vectors is not None:
            _begin_with(table, vectors, f"region_size={region_size}")
        return found

    def _scaled(self, scaler: SeriesScaler, inputs: Any) -> tuple[Any, Any]:
        """The projected steps of raw series, cut, scaled and prepared, and their mask."""
        values, named = self.values, self.named
        reading = reading_of(values)
        limit = StepLimit(reading["max_length"], reading["truncation"], **named("limits", True))
        scaling = StandardizedSteps(scaler.mean, scaler.deviation, **named("scaling", True))
        steps = scaling(limit(inputs))
        # Behind the scaling: the mean of large numbers that differ little would be rounded.
        if values["downsampling"] != 1:
            steps = Downsampling(values["downsampling"], **named("downsampling", True))(steps)
        mask = StepMask(**named("mask", True))(steps)
        prepared = prepared_series(steps, mask, values, self.seed, named)
        filled = FilledSteps(scaler.missing, **named("filled", True))(prepared, mask)
        # Not normalised: of a single feature that would leave the sign alone.
        projection = Projection(
            values["embedding_dim"], normalize=False, **named("projection", True)
        )
        return projection(filled, mask=mask), mask

    def _table(self, ids: Any, rows: int) -> Any:
        """The vectors of ids, which begin with word vectors where the values say so."""
        width = self.values["embedding_dim"]
        table = keras.layers.Embedding(rows, width, **self.named("embedding", True))
        embedded = table(ids)
        if self.vectors is not None and self.values.get("embedding_init") == "word_vectors":
            _begin_with(table, self.vectors, f"embedding_dim={width}")
        return embedded

    def _with_parts(self, embedded: Any, inputs: Any) -> Any:
        """The vectors of words with those of their parts, which word dropout leaves."""
        if self.parts is None:
            raise SpaceError(
                "tokens='word+subword' needs the parts of the words. Give AttentionHyperModel("
                "parts=vectorizer.subwords.tables)."
            )
        limits = TokenLimits(
            None,
            self.values["max_length"],
            self.values["truncation"],
            **self.named("subword_limits", True),
        )
        ids = limits(inputs)
        layer = SubwordEmbedding.of(self.parts, embedded.shape[-1], **self.named("subwords", True))
        embedded = layer(embedded, ids)
        layer.hold(self.parts)
        return embedded


def _begin_with(table: keras.layers.Embedding, vectors: np.ndarray, value: str) -> None:
    """Gives a table the first columns of word vectors, as a value of the space asks."""
    width, columns = table.output_dim, vectors.shape[1]
    if width > columns:
        raise SpaceError(
            f"{value} reads {width} columns of the word vectors, which have {columns}."
        )
    # Not by an initializer: the saved model's configuration would hold every number.
    table.embeddings.assign(vectors[: table.input_dim, :width])


def model_inputs(
    features: int | None, columns: ColumnEncoder | None, named: LayerNames
) -> tuple[Any, Any]:
    """Returns the inputs of a model: of its steps, and of the columns beside texts, or None.

    Args:
        features, columns: as in `AttentionHyperModel`.
        named: names the inputs.
    """
    if features is not None:
        return keras.Input((None, features), **named("features", True)), None
    ids = keras.Input((None,), dtype="int32", **named("ids", True))
    if columns is None:
        return ids, None
    return ids, keras.Input((len(columns.names),), **named("columns", True))
