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
        ids, tokens = graph.read(texts)  # the same, with the tokens as they stand in the text
        texts = graph.texts(ids)        # and back
        tokens = graph.tokens(ids)      # (batch, steps) string, "" at padding

    Args:
        vocabulary: the vocabulary to reproduce.
    """

    def __init__(self, vocabulary: SequenceVocabulary):
        super().__init__()
        self._split = vocabulary.split
        self._max_length = vocabulary.max_length
        self._size = len(vocabulary)
        self._vocabulary = tf.constant(vocabulary.vocabulary)
        known = vocabulary.vocabulary[FIRST_TOKEN:]
        if self._split != "character":  # It only splits texts into words.
            self._words = Vectorizer([*RESERVED[:2]], "word").graph(self._max_length)
        if self._split == "subword":
            self._parts = BytePairsGraph(vocabulary.pairs, vocabulary.vocabulary)
        else:
            keys = tf.constant(["", *known])  # A table must not be empty; no token is "".
            ids = tf.concat([[UNKNOWN], tf.range(FIRST_TOKEN, len(vocabulary))], 0)
            pairs = tf.lookup.KeyValueTensorInitializer(keys, tf.cast(ids, tf.int32))
            self._table = tf.lookup.StaticHashTable(pairs, default_value=UNKNOWN)

    def ids(self, texts: Tensor) -> Tensor:
        """Encodes texts: (batch,) string -> (batch, steps) int32, each between marks."""
        return self.read(texts)[0]

    def read(self, texts: Tensor) -> tuple[Tensor, Tensor]:
        """Returns ids and tokens, (batch, steps) each; see `SequenceVocabulary.read`.

        Tokens are "" at padding.
        """
        ways = {"word": self._words_of, "subword": self._parts_of, "character": self._characters_of}
        found, tokens = ways[self._split](texts)
        mark: Any = tf.ones((tf.shape(texts)[0], 1), tf.int32)
        ids = tf.concat([mark * START, found, mark * END], axis=1).to_tensor(PADDING)
        missing: Any = tf.maximum(0, 2 - tf.shape(ids)[1])  # A model cannot take zero steps.
        ids = tf.pad(ids, [[0, 0], [0, missing]])
        shape = tf.shape(ids)
        there = tf.pad(tokens.to_tensor(""), [[0, 0], [1, 1]])[:, : shape[1]]
        marks = (ids == START) | (ids == END) | (ids == PADDING)
        return ids, tf.where(marks, self.tokens(ids), there)

    def _words_of(self, texts) -> tuple[Tensor, Tensor]:
        return self._looked_up(self._words.tokens(texts))

    def _parts_of(self, texts) -> tuple[Tensor, Tensor]:
        words = self._words.tokens(texts)
        parts = words.with_flat_values(self._parts(words.flat_values))
        ids = parts.merge_dims(1, 2)[:, : self._max_length]
        return ids, ids.with_flat_values(self.tokens(ids.flat_values))

    def _characters_of(self, texts) -> tuple[Tensor, Tensor]:
        # Cut in bytes first, or a text of megabytes would become millions of strings.
        lengths = tf.minimum(tf.strings.length(texts), self._max_length * BYTES_OF_A_CHARACTER)
        texts = tf.strings.substr(texts, tf.zeros_like(lengths), lengths)
        characters = tf.strings.unicode_split(texts, "UTF-8", errors="replace")
        characters = characters[:, : self._max_length]
        return self._looked_up(characters)

    def _looked_up(self, tokens) -> tuple[Tensor, Tensor]:
        return tokens.with_flat_values(self._table.lookup(tokens.flat_values)), tokens

    def tokens(self, ids: Tensor, read: Tensor | None = None) -> Tensor:
        """Returns the tokens of ids, marks included; "" at padding.

        Args:
            ids: (batch, steps).
            read: of a model that copies, the tokens of the sources, (batch, source steps), whose
                ids follow those of the vocabulary.
        """
        if read is None:
            return tf.gather(self._vocabulary, ids)
        size = self._size
        own = tf.gather(self._vocabulary, tf.minimum(ids, size - 1))
        copied = tf.gather(read, tf.maximum(ids - size, 0), batch_dims=1)
        return tf.where(ids < size, own, copied)

    def texts(self, ids: Tensor, read: Tensor | None = None) -> Tensor:
        """Decodes ids (batch, steps): the tokens before the first end mark or padding.

        Args:
            ids: (batch, steps).
            read: as in `tokens`.
        """
        ended = tf.cast(tf.logical_or(ids == END, ids == PADDING), tf.int32)
        kept = tf.logical_and(tf.cumsum(ended, axis=1) == 0, ids != START)
        tokens = tf.ragged.boolean_mask(self.tokens(ids, read), kept)
        texts = tf.strings.reduce_join(tokens, axis=1, separator=SPLITS[self._split])
        if self._split == "subword":
            texts = tf.strings.regex_replace(texts, BEGINNING, " ")
            texts = tf.strings.regex_replace(texts, "^ ", "")
        return texts

    def pieces(self, ids: Tensor, last: Tensor, read: Tensor | None = None) -> Tensor:
        """Returns what each token adds to its text, (batch,) string: joined they are the text.

        A space between words belongs to the word behind it; a mark adds nothing.

        Args:
            ids: (batch,), the tokens.
            last: (batch,), the token before each.
            read: as in `tokens`.
        """
        first = last == START
        found = self.tokens(ids[:, None], read)[:, 0]
        if self._split == "subword":
            found = tf.strings.regex_replace(found, BEGINNING, " ")
            found = tf.where(first, tf.strings.regex_replace(found, "^ ", ""), found)
        else:
            found = tf.where(first, found, SPLITS[self._split] + found)
        mark = (ids == PADDING) | (ids == START) | (ids == END)
        return tf.where(mark, "", found)
