"""Converts strings to ids in TensorFlow operations, so that an exported model takes raw text.

Nothing here runs Python when called, and no operation comes from outside TensorFlow itself.
"""

from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from attn_tuner.inputs.truncation import head_tail_lengths
from attn_tuner.text.subwords import SIZES, Subwords, marked
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.text.tokenization import APOSTROPHES, MARKUP, spell

_PAGE = 256
_ITSELF, _NOTHING = -1, -2
_SPACE = ord(" ")
_PLAIN_FROM = 0x40000  # From here on all code points but the tags have the same spelling.
_TAGS = range(0xE0000, 0xE0200)


class TextGraph(tf.Module):
    """A vectorizer in TensorFlow operations.

        ids = graph(texts)              # (batch,) string -> (batch, steps) int32
        graph.explain(texts)            # ids, tokens and their places in the text

    Args:
        vectorizer: `Vectorizer` to reproduce.
        max_length: tokens kept of a text, or None for all.
        truncation: "head", "tail" or "ends".
        vocabulary_size: ids from here on are read as unknown.
        subwords: bool, whether words outside the vocabulary get ids that say their parts.
    """

    def __init__(
        self,
        vectorizer: Any,
        max_length: int | None = None,
        truncation: str = "head",
        vocabulary_size: int | None = None,
        subwords: bool = False,
    ):
        super().__init__()
        self._split = vectorizer.split
        self._ends = None if max_length is None else head_tail_lengths(max_length, truncation)
        # A lookup table must not be empty; no token is.
        known = ["", *vectorizer.vocabulary[2:vocabulary_size]]
        pages, rows, spellings = spelling_arrays(vectorizer.split)
        self._pages = tf.constant(pages)
        self._rows = tf.constant(rows)
        self._spellings = tf.constant(spellings)
        self._table = _lookup_table(known, UNKNOWN)
        self._unknown = _UnknownIds(vectorizer.subwords) if subwords else None

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Encodes texts: (batch,) string -> (batch, steps) int32; at least 1 step."""
        tokens, _ = self._tokens(texts)
        return self._ids(tokens)

    def tokens(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Splits texts into the tokens that are kept: (batch,) string -> (batch, ragged) string."""
        return self._tokens(texts)[0]

    def explain(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Encodes texts with tokens and places: ids, tokens, start and end, each (batch, steps).

        `start` and `end` count the characters of the text, as Python does. After the end of a text
        they are 0 and tokens are "".
        """
        tokens, spans = self._tokens(texts, with_spans=True)
        return {
            "ids": self._ids(tokens),
            "tokens": _padded(tokens, ""),
            "start": _padded(tokens.with_flat_values(spans[0]), 0),
            "end": _padded(tokens.with_flat_values(spans[1]), 0),
        }

    def _ids(self, tokens) -> tf.Tensor:
        ids = self._table.lookup(tokens.flat_values)
        if self._unknown is not None:
            ids = tf.where(ids == UNKNOWN, self._unknown(tokens.flat_values), ids)
        return _padded(tokens.with_flat_values(ids), PADDING)

    def _tokens(self, texts, with_spans=False):
        for pattern, blank in MARKUP:
            texts = tf.strings.regex_replace(texts, pattern, blank)
        points = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        letters, splits, sources = self._spell(points)
        spelled = tf.strings.unicode_encode(
            tf.RaggedTensor.from_row_splits(letters, splits, validate=False), "UTF-8"
        )
        if self._split == "word":
            spelled = tf.strings.join([" ", spelled, " "])
            for pattern, apart in APOSTROPHES:
                spelled = tf.strings.regex_replace(spelled, pattern, apart)
        tokens = tf.strings.split(spelled)
        spans = self._spans(tokens, letters, sources) if with_spans else None
        return self._cut(tokens, spans)

    def _spell(self, points):
        """Spells each character: code points, row splits, and the index of the source character."""
        flat = points.flat_values
        row = tf.gather(self._rows, tf.gather(self._pages, flat // _PAGE) * _PAGE + flat % _PAGE)
        spelled = tf.gather(self._spellings, row)  # (characters, longest)
        spelled = tf.where(spelled == _ITSELF, flat[:, None], spelled)
        there = spelled != _NOTHING
        counts = tf.reduce_sum(tf.cast(there, tf.int64), axis=1)
        ends = tf.concat([tf.zeros(1, tf.int64), tf.cumsum(counts)], axis=0)
        splits = tf.gather(ends, points.row_splits)
        within = tf.range(tf.size(flat, tf.int64)) - tf.repeat(
            points.row_splits[:-1], points.row_lengths()
        )
        sources = tf.repeat(tf.cast(within, tf.int32), counts)
        return tf.boolean_mask(spelled, there), splits, sources

    def _spans(self, tokens, letters, sources):
        # Only spaces were added or removed; all other characters kept their order.
        sources = tf.boolean_mask(sources, letters != _SPACE)
        ends = tf.cumsum(tf.strings.length(tokens.flat_values, unit="UTF8_CHAR"))
        starts = tf.concat([tf.zeros(1, tf.int32), ends], axis=0)[:-1]
        return tf.gather(sources, starts), tf.gather(sources, ends - 1) + 1

    def _cut(self, tokens, spans):
        if self._ends is None:
            return tokens, spans
        first, last = self._ends
        lengths = tokens.row_lengths()
        place = tf.range(tf.size(tokens.flat_values, tf.int64)) - tf.repeat(
            tokens.row_splits[:-1], lengths
        )
        kept = (place < first) | (place >= tf.repeat(lengths, lengths) - last)
        if spans is not None:
            spans = [tf.boolean_mask(each, kept) for each in spans]
        return tf.ragged.boolean_mask(tokens, tokens.with_flat_values(kept)), spans


class _UnknownIds(tf.Module):
    """`Subwords.id_of` in TensorFlow operations: words (n,) string -> ids (n,) int32."""

    def __init__(self, subwords: Subwords):
        super().__init__()
        self._first = len(subwords.vocabulary)
        self._ends_count = 1 + len(subwords.ends)
        self._beginnings = _lookup_table(["", *subwords.beginnings], 0, first=0)
        self._ends = _lookup_table(["", *subwords.ends], 0, first=0)

    def __call__(self, words: tf.Tensor) -> tf.Tensor:
        before, behind = marked(" ").split(" ")
        words = tf.strings.join([before, words, behind])
        lengths = tf.strings.length(words, unit="UTF8_CHAR")
        beginning = end = tf.zeros_like(lengths)
        for size in SIZES:  # The longest that is known is found last.
            starts = tf.maximum(lengths - size, 0)
            sizes = tf.fill(tf.shape(lengths), size)
            front = tf.strings.substr(words, tf.zeros_like(starts), sizes, unit="UTF8_CHAR")
            back = tf.strings.substr(words, starts, sizes, unit="UTF8_CHAR")
            beginning = _known_or(beginning, self._beginnings.lookup(front))
            end = _known_or(end, self._ends.lookup(back))
        code = beginning * self._ends_count + end
        return tf.where(code > 0, self._first + code, UNKNOWN)


def _known_or(otherwise, number) -> tf.Tensor:
    return tf.where(number > 0, number, otherwise)


def _lookup_table(keys, default: int, first: int = 1) -> tf.lookup.StaticHashTable:
    numbers = tf.range(first, first + len(keys), dtype=tf.int32)
    initializer = tf.lookup.KeyValueTensorInitializer(tf.constant(keys, tf.string), numbers)
    return tf.lookup.StaticHashTable(initializer, default_value=default)


def _padded(ragged, value) -> tf.Tensor:
    dense = ragged.to_tensor(value)
    missing = tf.maximum(0, 1 - tf.shape(dense)[1])  # A model cannot take zero steps.
    return tf.pad(dense, [[0, 0], [0, missing]], constant_values=value)


@cache
def spelling_arrays(split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compresses the spelling table into three small arrays.

    Returns:
        pages: (0x110000 / 256,) which page of `rows` holds a code point's 256 neighbours.
        rows: (pages * 256,) which spelling each code point has; equal pages are stored once.
        spellings: (spellings, longest) code points; -1 stands for the character itself, -2 for
            nothing.
    """
    numbers: dict[tuple[int, ...], int] = {}
    listed = [*range(_PLAIN_FROM), *_TAGS]
    table = np.empty(0x110000, np.int32)
    table[_PLAIN_FROM:] = numbers.setdefault(_pattern(_PLAIN_FROM, split), 0)
    for point in listed:
        table[point] = numbers.setdefault(_pattern(point, split), len(numbers))
    distinct, pages = np.unique(table.reshape(-1, _PAGE), axis=0, return_inverse=True)
    longest = max(map(len, numbers))
    spellings = np.full((len(numbers), longest), _NOTHING, np.int32)
    for spelled, number in numbers.items():
        spellings[number, : len(spelled)] = spelled
    return pages.astype(np.int32).ravel(), distinct.ravel(), spellings


def _pattern(point: int, split: str) -> tuple[int, ...]:
    own = chr(point)
    return tuple(_ITSELF if each == own != " " else ord(each) for each in spell(point, split))
