"""The vocabulary of one side in TensorFlow operations, for exported models."""

from typing import Any

import tensorflow as tf

from attn_tuner.layers.types import Tensor
from attn_tuner.sequence.byte_pairs import BEGINNING
from attn_tuner.sequence.byte_pairs_graph import BYTES_OF_A_CHARACTER, BytePairsGraph
from attn_tuner.sequence.marks import END, FIRST_TOKEN, RESERVED, START
from attn_tuner.sequence.vocabulary import SPLITS, SequenceVocabulary
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.text.vectorizer import Vectorizer


class SequenceVocabularyGraph(tf.Module):
    """A `SequenceVocabulary` in TensorFlow operations.

        ids = graph.ids(texts)          # (batch,) string -> (batch, steps) int32, with marks
        texts = graph.texts(ids)        # and back
        tokens = graph.tokens(ids)      # (batch, steps) string, "" at padding

    Args:
        vocabulary: the vocabulary to reproduce.
    """

    def __init__(self, vocabulary: SequenceVocabulary):
        super().__init__()
        self._split = vocabulary.split
        self._max_length = vocabulary.max_length
        self._vocabulary = tf.constant(vocabulary.vocabulary)
        known = vocabulary.vocabulary[FIRST_TOKEN:]
        if self._split == "subword":
            # Its tokens are the words; the ids are those of their parts.
            self._words = Vectorizer([*RESERVED[:2]], "word").graph(self._max_length)
            self._parts = BytePairsGraph(vocabulary.pairs, vocabulary.vocabulary)
        elif self._split == "word":
            # It has two reserved ids fewer.
            self._words = Vectorizer([*RESERVED[:2], *known], "word").graph(self._max_length)
        else:
            keys = tf.constant(["", *known])  # A table must not be empty; no character is.
            ids = tf.concat([[UNKNOWN], tf.range(FIRST_TOKEN, len(vocabulary))], 0)
            pairs = tf.lookup.KeyValueTensorInitializer(keys, tf.cast(ids, tf.int32))
            self._table = tf.lookup.StaticHashTable(pairs, default_value=UNKNOWN)

    def ids(self, texts: Tensor) -> Tensor:
        """Encodes texts: (batch,) string -> (batch, steps) int32, each between marks."""
        ways = {
            "word": self._word_ids,
            "subword": self._subword_ids,
            "character": self._character_ids,
        }
        found = ways[self._split](texts)
        mark: Any = tf.ones((tf.shape(texts)[0], 1), tf.int32)
        ids = tf.concat([mark * START, found, mark * END], axis=1).to_tensor(PADDING)
        missing: Any = tf.maximum(0, 2 - tf.shape(ids)[1])  # A model cannot take zero steps.
        return tf.pad(ids, [[0, 0], [0, missing]])

    def _word_ids(self, texts) -> Tensor:
        ids = self._words(texts)
        ids = tf.where(ids > UNKNOWN, ids + (FIRST_TOKEN - len(RESERVED[:2])), ids)
        return tf.ragged.boolean_mask(ids, ids != PADDING)

    def _subword_ids(self, texts) -> Tensor:
        words = self._words.tokens(texts)
        parts = words.with_flat_values(self._parts(words.flat_values))
        return parts.merge_dims(1, 2)[:, : self._max_length]

    def _character_ids(self, texts) -> Tensor:
        # Cut in bytes first, or a text of megabytes would become millions of strings.
        lengths = tf.minimum(tf.strings.length(texts), self._max_length * BYTES_OF_A_CHARACTER)
        texts = tf.strings.substr(texts, tf.zeros_like(lengths), lengths)
        characters = tf.strings.unicode_split(texts, "UTF-8", errors="replace")
        characters = characters[:, : self._max_length]
        return characters.with_flat_values(self._table.lookup(characters.flat_values))

    def tokens(self, ids: Tensor) -> Tensor:
        """Returns the tokens of ids, marks included; "" at padding."""
        return tf.gather(self._vocabulary, ids)

    def texts(self, ids: Tensor) -> Tensor:
        """Decodes ids (batch, steps): the tokens before the first end mark or padding."""
        ended = tf.cast(tf.logical_or(ids == END, ids == PADDING), tf.int32)
        kept = tf.logical_and(tf.cumsum(ended, axis=1) == 0, ids != START)
        tokens = tf.ragged.boolean_mask(self.tokens(ids), kept)
        texts = tf.strings.reduce_join(tokens, axis=1, separator=SPLITS[self._split])
        if self._split == "subword":
            texts = tf.strings.regex_replace(texts, BEGINNING, " ")
            texts = tf.strings.regex_replace(texts, "^ ", "")
        return texts

    def pieces(self, ids: Tensor, last: Tensor) -> Tensor:
        """Returns what each token adds to its text, (batch,) string: joined they are the text.

        A space between words belongs to the word behind it; a mark adds nothing.

        Args:
            ids: (batch,), the tokens.
            last: (batch,), the token before each.
        """
        first = last == START
        found = self.tokens(ids)
        if self._split == "subword":
            found = tf.strings.regex_replace(found, BEGINNING, " ")
            found = tf.where(first, tf.strings.regex_replace(found, "^ ", ""), found)
        else:
            found = tf.where(first, found, SPLITS[self._split] + found)
        mark = (ids == PADDING) | (ids == START) | (ids == END)
        return tf.where(mark, "", found)
