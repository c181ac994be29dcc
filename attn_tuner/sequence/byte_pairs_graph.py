"""Byte-pair encoding in TensorFlow operations, for exported models."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from attn_tuner.layers.types import Tensor
from attn_tuner.sequence.byte_pairs import BEGINNING, LONGEST_WORD, BytePairs
from attn_tuner.text.token_ids import PADDING, UNKNOWN

BYTES_OF_A_CHARACTER = 4  # At most, in UTF-8.


class BytePairsGraph(tf.Module):
    """Words to the ids of their parts, as `BytePairs` splits them.

        ids = graph(words)     # (words,) string -> (words, ragged) int32

    All words are merged side by side, one pair of each at a time: that of the earliest merge, the
    leftmost first. This gives the same parts, as what a merge makes is in later merges alone.

    Args:
        pairs: the merges.
        vocabulary: tokens by id, with every part.
    """

    def __init__(self, pairs: BytePairs, vocabulary: Sequence[str]):
        super().__init__()
        ids = {token: number for number, token in enumerate(vocabulary)}
        self._size = len(vocabulary)
        self._spell = _table([*vocabulary], [*range(len(vocabulary))], UNKNOWN, tf.string)
        merges = [(ids[left], ids[right], ids[left + right]) for left, right in pairs.merges]
        merges = merges or [(PADDING, PADDING, PADDING)]  # A table must not be empty.
        keys = [left * self._size + right for left, right, _ in merges]
        self._none = len(merges)
        self._ranks = _table(keys, [*range(self._none)], self._none, tf.int64)
        self._merged = tf.constant([made for *_, made in merges] + [PADDING], tf.int32)

    def __call__(self, words: Tensor) -> Tensor:
        # Cut in bytes first, or a word of megabytes would become millions of strings.
        words = tf.strings.substr(words, 0, LONGEST_WORD * BYTES_OF_A_CHARACTER)
        characters = tf.strings.unicode_split(words, "UTF-8", errors="replace")
        characters = characters[:, :LONGEST_WORD].to_tensor("")
        missing: Any = tf.maximum(0, 1 - tf.shape(characters)[1])  # Where there are no words.
        characters = tf.pad(characters, [[0, 0], [0, missing]])
        first = tf.strings.join([tf.fill(tf.shape(words), BEGINNING), characters[:, 0]])
        characters = tf.concat([first[:, None], characters[:, 1:]], axis=1)
        ids = tf.where(characters == "", PADDING, self._spell.lookup(characters))
        # What no merge joins goes on unchanged, and the loop ends where that is every word.
        ids, _ = tf.while_loop(
            lambda _, open_: tf.reduce_any(open_),
            lambda ids, _: self._step(ids),
            (ids, tf.fill(tf.shape(words), True)),
            shape_invariants=(tf.TensorShape((None, None)), tf.TensorShape((None,))),
        )
        return tf.ragged.boolean_mask(ids, ids != PADDING)

    def _step(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Merges one pair of each word; returns the ids, and which words had one."""
        wide = tf.pad(ids, [[0, 0], [0, 1]])
        keys = tf.cast(wide[:, :-1], tf.int64) * self._size + tf.cast(wide[:, 1:], tf.int64)
        ranks = tf.where(wide[:, 1:] == PADDING, self._none, self._ranks.lookup(keys))
        best = tf.reduce_min(ranks, axis=1)
        merges = best < self._none
        place = tf.argmin(ranks, axis=1, output_type=tf.int32)[:, None]
        steps = tf.range(tf.shape(ids)[1])[None, :]
        # Behind the place of a merge everything moves up by one.
        moved = steps + tf.cast(merges[:, None] & (steps > place), tf.int32)
        moved = tf.gather(wide, moved, batch_dims=1)
        made = tf.gather(self._merged, best)[:, None]
        return tf.where(merges[:, None] & (steps == place), made, moved), merges


def _table(keys, values, default: int, kind: tf.DType) -> tf.lookup.StaticHashTable:
    pairs = tf.lookup.KeyValueTensorInitializer(
        tf.constant(keys, kind), tf.constant(values, tf.int32)
    )
    return tf.lookup.StaticHashTable(pairs, default_value=default)
