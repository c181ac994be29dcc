"""Wraps Keras' TextVectorization in the interface of `text.tf_tokenization.TextGraph`."""

from typing import Any

import tensorflow as tf

from attn_tuner.inputs.truncation import head_tail_lengths
from attn_tuner.text.token_ids import PADDING, UNKNOWN

_REPLACEMENT = 0xFFFD


class KerasTextGraph(tf.Module):
    """Encodes strings (batch,) as ids (batch, steps) with a `TextVectorization` layer.

    Bytes that are no UTF-8 are read as U+FFFD.

    Args:
        vectorizer: `KerasVectorizer`.
        max_length: tokens kept of a text, or None for all.
        truncation: "head", "tail" or "ends".
        vocabulary_size: ids from here on are read as unknown.
    """

    def __init__(
        self,
        vectorizer: Any,
        max_length: int | None = None,
        truncation: str = "head",
        vocabulary_size: int | None = None,
    ):
        super().__init__()
        self._layer = vectorizer.layer
        self._vocabulary = vectorizer.vocabulary
        self._limit = vocabulary_size
        self._ends = None if max_length is None else head_tail_lengths(max_length, truncation)

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Encodes texts: (batch,) string -> (batch, steps) int32; at least 1 step."""
        return self._limited(_padded(self._kept(texts)))

    def explain(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Encodes texts with their tokens, (batch, steps); places are 0, as the layer has none."""
        ids = _padded(self._kept(texts))
        tokens = tf.gather(tf.constant(self._vocabulary), ids)
        nowhere = tf.zeros_like(ids)
        return {"ids": self._limited(ids), "tokens": tokens, "start": nowhere, "end": nowhere}

    def _kept(self, texts) -> tf.RaggedTensor:
        texts = tf.strings.unicode_transcode(
            texts, "UTF-8", "UTF-8", errors="replace", replacement_char=_REPLACEMENT
        )
        dense = tf.cast(self._layer(texts), tf.int32)
        ids = tf.RaggedTensor.from_tensor(dense, padding=PADDING)
        if self._ends is None:
            return ids
        front, back = self._ends
        lengths = tf.cast(ids.row_lengths(), tf.int32)
        stays = (tf.ragged.range(lengths) < front) | (tf.ragged.range(lengths, 0, -1) <= back)
        return tf.ragged.boolean_mask(ids, stays)

    def _limited(self, ids):
        return ids if self._limit is None else tf.where(ids < self._limit, ids, UNKNOWN)


def _padded(ids: tf.RaggedTensor) -> tf.Tensor:
    dense = ids.to_tensor(PADDING)
    missing = tf.maximum(0, 1 - tf.shape(dense)[1])
    return tf.pad(dense, [[0, 0], [0, missing]], constant_values=PADDING)
