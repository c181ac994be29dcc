"""The layers between the embedded steps and the last layer: encoder, head and what joins them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from attn_tuner.attention import heads
from attn_tuner.hypermodel.layer_names import LayerNames
from attn_tuner.layers.column_features import ColumnFeatures
from attn_tuner.layers.hashed_ngrams import LengthScale, NGramIds, NGramSum
from attn_tuner.model_space import NGRAM_DIM, NO_SECOND_HEAD
from attn_tuner.space import SearchSpace, assemble
from attn_tuner.text.columns.encoder import ColumnEncoder

# See `NGramSum`. Between 1 and 4, the best by validation on IMDb and on TREC.
NGRAM_GAIN = 2.0
COLUMN_UNITS = 64  # Of the hidden layer that reads the columns beside texts.


@dataclass(frozen=True)
class ContextLayers:
    """Makes the layers from embedded steps to the vector that the last layer reads.

    Args:
        space: whose parts the encoder and the head are.
        values: of its dimensions, by path.
        named: names the layers.
        columns: `ColumnEncoder` of the columns beside the texts, or None.
    """

    space: SearchSpace
    values: Mapping[str, Any]
    named: LayerNames
    columns: ColumnEncoder | None

    def read(
        self, words: Any, ids: Any, mask: Any, beside: Any = None, regions: Any = None
    ) -> tuple[Any, list]:
        """Returns the vector, `(batch, width)`, and the tensors from which all of it is made.

        Args:
            words: embedded steps, `(batch, steps, features)`.
            ids: token ids, `(batch, steps)`; None for numeric sequences.
            mask: True where there is text, `(batch, steps)`.
            beside: the columns beside the texts, `(batch, columns)`, or None.
            regions: features of the region of each step, `(batch, steps, width)`, or None.
        """
        values, named = self.values, self.named
        boundary = [words, mask]
        if regions is not None:
            boundary.append(regions)
            words = keras.layers.Concatenate(**named("with_regions", True))([words, regions])
        context = self._heads(words, mask)
        if ids is not None and values["hashed_ngrams"] > 1:
            summed = self._ngrams(ids)
            boundary.append(summed)
            ngrams = self._ngram_mean(summed, mask)
            context = keras.layers.Concatenate(**named("with_ngrams", True))([context, ngrams])
        if self.columns is not None:
            columns = self._read_columns(self.columns, beside)
            boundary.append(columns)
            context = keras.layers.Concatenate(**named("with_columns", True))([context, columns])
        for number in range(values["dense_layers"]):
            dropout = keras.layers.Dropout(values["dropout"], **named(f"dropout_{number}"))
            dense = keras.layers.Dense(
                values["dense_units"], activation="relu", **named(f"dense_{number}")
            )
            context = dense(dropout(context))
        context = keras.layers.Dropout(values["dropout"], **named("dropout"))(context)
        return context, boundary

    def _heads(self, words: Any, mask: Any) -> Any:
        """The states of the encoder as one head sees them, or two side by side."""
        values, named = self.values, self.named
        dropout = keras.layers.SpatialDropout1D(
            values["spatial_dropout"], **named("spatial_dropout")
        )
        embedded = dropout(words)
        encoder = assemble(self.space["encoder"], "encoder", values, **named("encoder"))
        states = encoder(embedded, mask=mask)
        states = keras.layers.Dropout(values["encoder_dropout"], **named("encoder_dropout"))(states)
        if values["layer_norm"]:
            states = keras.layers.LayerNormalization(**named("layer_norm", True))(states)
        head = assemble(self.space["head"], "head", values, **named("head"))
        context = head(states, mask=mask)
        if values["second_head"] == NO_SECOND_HEAD:
            return context
        second = heads[values["second_head"]](**named("second_head", True))(states, mask=mask)
        return keras.layers.Concatenate(**named("side_by_side", True))([context, second])

    def _ngrams(self, ids: Any) -> Any:
        """The sums of the vectors of the n-grams at each token, `(batch, steps, NGRAM_DIM)`."""
        values, named = self.values, self.named
        buckets = values["ngram_buckets"]
        hashed = NGramIds(buckets, values["hashed_ngrams"], **named("ngram_ids", True))(ids)
        table = keras.layers.Embedding(
            buckets,
            NGRAM_DIM,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=0.01),
            **named("ngram_embedding", True),
        )
        return NGramSum(NGRAM_GAIN, **named("ngram_sum", True))([table(hashed), hashed])

    def _ngram_mean(self, summed: Any, mask: Any) -> Any:
        """The vectors of the n-grams, averaged, of long texts scaled, `(batch, NGRAM_DIM)`."""
        named = self.named
        dropout = keras.layers.SpatialDropout1D(
            self.values["spatial_dropout"], **named("ngram_dropout", True)
        )
        mean = heads["mean"](**named("ngram_mean", True))(dropout(summed), mask=mask)
        return LengthScale(**named("ngram_scale", True))([mean, mask])

    def _read_columns(self, columns: ColumnEncoder, beside: Any) -> Any:
        """What a hidden layer makes of the columns beside texts, `(batch, COLUMN_UNITS)`."""
        features = ColumnFeatures.of(columns, **self.named("column_features", True))(beside)
        # Many units share what a column says: one alone learns slowly, and dropout may hide it.
        hidden = keras.layers.Dense(
            COLUMN_UNITS,
            activation="relu",
            kernel_initializer="he_normal",
            **self.named("columns_dense", True),
        )
        return hidden(features)
