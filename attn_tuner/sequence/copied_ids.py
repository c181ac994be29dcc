"""The ids of source tokens in the extended vocabulary of a model that copies, as operations."""

import tensorflow as tf

from attn_tuner.layers.types import Tensor
from attn_tuner.sequence.vocabulary import SequenceVocabulary


class CopiedIds(tf.Module):
    """As `PairVocabularies.copied`, in TensorFlow operations.

        copied = copied_ids(tokens)       # (batch, steps) string -> (batch, steps) int32

    Args:
        vocabulary: of the target.
    """

    def __init__(self, vocabulary: SequenceVocabulary):
        super().__init__()
        self._size = len(vocabulary)
        pairs = tf.lookup.KeyValueTensorInitializer(
            tf.constant(vocabulary.vocabulary), tf.range(self._size)
        )
        self._table = tf.lookup.StaticHashTable(pairs, default_value=-1)

    def __call__(self, tokens: Tensor) -> Tensor:
        ids = self._table.lookup(tokens)
        number = tf.reshape(tf.unique(tf.reshape(tokens, [-1])).idx, tf.shape(tokens))
        same = tf.cast(number[:, :, None] == number[:, None, :], tf.int32)
        first = tf.argmax(same, axis=2, output_type=tf.int32)  # The first of the largest.
        return tf.where(ids < 0, self._size + first, ids)
