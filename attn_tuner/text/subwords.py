"""Parts of words: the character n-grams of a vocabulary, and ids for words outside it.

A word w is marked, `<w>`, and its parts are the n-grams of 3 to 5 characters of that. Each has a
bucket, by hashing. For a word of the vocabulary its buckets are listed once, in an array by id. A
word outside it has to say its parts in the one id that a model gets for a token. So that id names
two of them, the longest beginning and the longest end (of 5 characters at most) that occur in a
word of the vocabulary:

    id = vocabulary_size + beginning * (ends + 1) + end        0 for none

Its parts are the n-grams of both. If there are neither, the word is unknown, id 1. Whatever reads
no parts reads every id from the vocabulary's size on as unknown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from attn_tuner.text.token_ids import SPECIAL_TOKENS, UNKNOWN

WORD, WORD_AND_SUBWORD = TOKENS = "word", "word+subword"  # What a model reads of a word.
SIZES = (3, 4, 5)  # Characters of an n-gram.
LONGEST = max(SIZES)
NOTHING = -1  # In the place of a bucket.
MAX_BUCKETS = 1 << 16
MAX_AFFIXES = (1 << 15) - 1  # Of either kind, so that every id is an int32.
MAX_PARTS = 24  # Of a word; of a longer one evenly chosen ones are kept.
_ARRAYS = ("word_parts", "beginning_parts", "end_parts", "part_buckets")
_OF_AN_AFFIX = LONGEST - 2 + LONGEST - 3 + LONGEST - 4


def reads_subwords(values: Mapping[str, Any]) -> bool:
    """Returns whether a model of these values, by path, reads the parts of words."""
    return values.get("tokens") == WORD_AND_SUBWORD


@dataclass(frozen=True, eq=False)
class PartTables:
    """The buckets of all parts, as arrays for `layers.SubwordEmbedding`; -1 where there is none.

    Args:
        words: `(vocabulary, parts)` int32, by the id of a word.
        beginnings: `(beginnings + 1, 6)` int32.
        ends: `(ends + 1, 6)` int32.
        buckets: int, number of buckets.
    """

    words: np.ndarray
    beginnings: np.ndarray
    ends: np.ndarray
    buckets: int

    def arrays(self) -> dict[str, Any]:
        """Returns the tables by names of their own, for a file of arrays."""
        tables = (self.words, self.beginnings, self.ends, self.buckets)
        return dict(zip(_ARRAYS, tables, strict=True))

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Any]) -> "PartTables | None":
        """Returns the tables that `arrays` has named; None where they are not there."""
        if _ARRAYS[0] not in arrays:
            return None
        *tables, buckets = (np.asarray(arrays[name]) for name in _ARRAYS)
        return cls(*tables, int(buckets))

    def buckets_of(self, ids: np.ndarray) -> np.ndarray:
        """Returns the buckets of each id, `(ids, parts)`, -1 behind the last.

        Args:
            ids: `(ids,)` int, of words and of beginnings with ends.
        """
        found = np.full((len(ids), self.words.shape[1]), NOTHING, np.int32)
        known = ids < len(self.words)
        found[known] = self.words[ids[known]]
        beginning, end = np.divmod(ids[~known] - len(self.words), len(self.ends))
        affixes = np.concatenate([self.beginnings[beginning], self.ends[end]], axis=1)
        found[~known, : affixes.shape[1]] = affixes
        return found

    @property
    def id_limit(self) -> int:
        """One more than the largest id."""
        return len(self.words) + len(self.beginnings) * len(self.ends)


class Subwords:
    """The parts that occur in a vocabulary.

    Args:
        vocabulary: sequence of str, tokens by id, the most frequent first.

    Reference:
        Bojanowski et al. 2017, section 3.2. https://aclanthology.org/Q17-1010
    """

    def __init__(self, vocabulary: Sequence[str]):
        self.vocabulary = vocabulary
        words = [marked(word) for word in vocabulary[len(SPECIAL_TOKENS) :]]
        sizes = SIZES[::-1]
        self.beginnings = _numbered(word[:size] for word in words for size in sizes)
        self.ends = _numbered(word[-size:] for word in words for size in sizes)

    def id_of(self, word: str) -> int:
        """Returns the id of a word outside the vocabulary: its known beginning and end, or 1."""
        word = marked(word)
        beginning = _longest(self.beginnings, (word[:size] for size in SIZES[::-1]))
        end = _longest(self.ends, (word[-size:] for size in SIZES[::-1]))
        code = beginning * (len(self.ends) + 1) + end
        return len(self.vocabulary) + code if code else UNKNOWN

    @cached_property
    def tables(self) -> PartTables:
        """The buckets of the words and of their beginnings and ends."""
        words = [_spread(ngrams(marked(word))) for word in self.vocabulary]
        words[: len(SPECIAL_TOKENS)] = [[] for _ in SPECIAL_TOKENS]
        distinct = len({part for each in words for part in each})
        buckets = min(MAX_BUCKETS, 1 << distinct.bit_length())
        width = max(2 * _OF_AN_AFFIX, *map(len, words))
        affixes = ([ngrams(part) for part in ("", *each)] for each in (self.beginnings, self.ends))
        return PartTables(
            _buckets_of(words, width, buckets),
            *(_buckets_of(each, _OF_AN_AFFIX, buckets) for each in affixes),
            buckets,
        )


def marked(word: str) -> str:
    """Returns the word with its ends marked, so that parts at its ends differ from those inside."""
    return f"<{word}>"


def ngrams(text: str) -> list[str]:
    """Lists the n-grams of 3 to 5 characters of a marked word, in the order of their places."""
    return [
        text[start : start + size]
        for start in range(len(text))
        for size in SIZES
        if start + size <= len(text)
    ]


def bucket(ngram: str, buckets: int) -> int:
    """Hashes an n-gram: the 32 bits of FNV-1a over its UTF-8, modulo the number of buckets."""
    found = 0x811C9DC5
    for byte in ngram.encode("utf-8", "surrogatepass"):
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return found % buckets


def _numbered(affixes: Iterable[str]) -> dict[str, int]:
    """Numbers affixes from 1, those of frequent words first."""
    kept = list(dict.fromkeys(affixes))[:MAX_AFFIXES]
    return {affix: number for number, affix in enumerate(kept, start=1)}


def _longest(known: dict[str, int], affixes: Iterable[str]) -> int:
    return next((known[affix] for affix in affixes if affix in known), 0)


def _spread(parts: list[str]) -> list[str]:
    """Returns at most `MAX_PARTS` of these, evenly chosen."""
    if len(parts) <= MAX_PARTS:
        return parts
    return [parts[place * len(parts) // MAX_PARTS] for place in range(MAX_PARTS)]


def _buckets_of(words: Sequence[Sequence[str]], width: int, buckets: int) -> np.ndarray:
    hashed = {part: bucket(part, buckets) for parts in words for part in parts}
    table = np.full((len(words), width), NOTHING, np.int32)
    for row, parts in zip(table, words, strict=True):
        row[: len(parts)] = [hashed[part] for part in parts]
    return table
