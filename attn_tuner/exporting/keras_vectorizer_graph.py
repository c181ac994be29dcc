"""Keras' TextVectorization in a TensorFlow graph, behind the interface of `text.graph`."""

import tensorflow as tf

from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.text.truncation import ends_kept

_REPLACEMENT = 0xFFFD


class KerasTextGraph(tf.Module):
    """Strings (batch,) to ids (batch, steps) as a `TextVectorization` layer makes them.

    Bytes that are no UTF-8 are read as U+FFFD.

    Args:
        vectorizer: a `KerasVectorizer`.
        max_length: tokens kept of a text, or None for all.
        truncation: "head", "tail" or "ends".
        vocabulary_size: ids from here on are read as unknown.
    """

    def __init__(self, vectorizer, max_length=None, truncation="head", vocabulary_size=None):
        super().__init__()
        self._layer = vectorizer.layer
        self._vocabulary = vectorizer.vocabulary
        self._limit = vocabulary_size
        self._ends = None if max_length is None else ends_kept(max_length, truncation)

    def __call__(self, texts) -> tf.Tensor:
        """(batch,) string -> (batch, steps) int32; at least one step."""
        return self._limited(_padded(self._kept(texts)))

    def explain(self, texts) -> dict[str, tf.Tensor]:
        """Ids and tokens (batch, steps); the layer keeps no places, so they are 0."""
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
