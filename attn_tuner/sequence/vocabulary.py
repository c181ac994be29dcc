"""The vocabulary of one side: texts to ids between marks, and ids back to texts."""

import reprlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.registry import unknown
from attn_tuner.sequence.byte_pairs import BEGINNING, BytePairs, symbols
from attn_tuner.sequence.marks import END, FIRST_TOKEN, MARKS, RESERVED, START
from attn_tuner.text.token_ids import PADDING, UNKNOWN, ids_by_token
from attn_tuner.text.tokenization import tokens

if TYPE_CHECKING:  # It imports TensorFlow.
    from attn_tuner.sequence.vocabulary_graph import SequenceVocabularyGraph

# To what stands between tokens in a text.
SPLITS = {"character": "", "word": " ", "subword": ""}


def several(texts: Iterable[str]) -> Iterable[str]:
    """Returns the texts; one string, whose letters would be read as texts, is refused.

    Raises:
        DataError: `texts` is one string.
    """
    if isinstance(texts, str | bytes):
        raise DataError(f"The texts are one string, {reprlib.repr(texts)}. Give a list of strings.")
    return texts


class SequenceVocabulary:
    """A vocabulary with start and end marks, and the rule that splits texts into tokens.

        "12 May"  ->  [START] 1 2 ␣ M a y [END]          characters, as they stand
        "12 May"  ->  [START] 12 may [END]                words, as `Vectorizer` splits them
        "12 May"  ->  [START] ▁1 2 ▁m ay [END]            subwords, parts of those words

    Characters come back as the same text. Words and subwords come back in lower case and with a
    space between any two words.

    Args:
        vocabulary: sequence of str, tokens by id, which begins with "" for padding, "[UNK]",
            "[START]" and "[END]".
        split: "character", "word" or "subword".
        max_length: int, tokens kept of a text, from its beginning; marks are not counted.
        merges: of subwords, the merges by which words are split; see `BytePairs`.

    Raises:
        DataError: the split is unknown, the vocabulary does not begin as it should, holds a token
            twice or lacks what a merge makes, or `max_length` is under 1.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        split: str = "character",
        max_length: int = 256,
        merges: Iterable[Sequence[str]] = (),
    ):
        self.vocabulary = list(vocabulary)
        self.split = split
        self.max_length = int(max_length)
        self.pairs = BytePairs(merges)
        if split not in SPLITS:
            raise DataError(unknown("split", split, SPLITS))
        self._ids = ids_by_token(self.vocabulary, RESERVED)
        parts = {part for left, right in self.pairs.merges for part in (left, right, left + right)}
        if not parts <= self._ids.keys():
            raise DataError("The merges hold parts of words that the vocabulary lacks.")
        if self.max_length < 1:
            raise DataError(f"max_length is {max_length!r}. It should be at least 1.")

    @classmethod
    def build(
        cls,
        texts: Iterable[str],
        split: str = "character",
        size: int = 20_000,
        max_length: int | None = None,
    ) -> "SequenceVocabulary":
        """Builds a vocabulary from texts, the most frequent tokens first.

        Args:
            texts: iterable of str, the training texts of one side only.
            split: "character", "word" or "subword".
            size: int, ids at most, the reserved ones included.
            max_length: int, tokens kept of a text; that of the longest text if not given.

        Raises:
            DataError: the split is unknown, or `texts` is one string.
        """
        if split not in SPLITS:
            raise DataError(unknown("split", split, SPLITS))
        texts = list(several(texts))
        pairs, room = BytePairs(()), max(0, size - FIRST_TOKEN)
        if split == "subword":
            words = Counter(word for text in texts for word in tokens(text, "word"))
            pairs = BytePairs.learn(words, room)
        counts, longest = Counter(), 1
        for text in texts:
            found = split_text(text, split, pairs)
            counts.update(found)
            longest = max(longest, len(found))
            if split == "subword":  # Other words are spelled with them.
                counts.update(part for word in set(tokens(text, "word")) for part in symbols(word))
        counts.update(left + right for left, right in pairs.merges)
        kept = sorted(counts, key=lambda token: (-counts[token], token))[:room]
        limit = longest if max_length is None else max_length
        return cls([*RESERVED, *kept], split, limit, pairs.merges)

    def tokens(self, text: str) -> list[str]:
        """Splits a text into the tokens that are kept, without marks."""
        if self.split == "character":
            text = text[: self.max_length]
        return split_text(text, self.split, self.pairs, self.max_length)[: self.max_length]

    def as_written(self, text: str) -> str:
        """Returns a text as decoding would write it if every token of it were known."""
        return text if self.split == "character" else " ".join(tokens(text, "word"))

    def encode(self, texts: Iterable[str]) -> list[list[int]]:
        """Encodes texts: the ids of each, between marks."""
        read = (self.tokens(text) for text in several(texts))
        return [[START, *map(self.id_of, found), END] for found in read]

    def padded(self, texts: Sequence[str]) -> np.ndarray:
        """Encodes texts: `(texts, steps)` int32, each between marks, 0 behind the end mark."""
        return padded(self.encode(texts))

    def read(self, text: str) -> list[str]:
        """Returns the tokens that a model reads of a text, marks included.

        Tokens outside the vocabulary are themselves, but parts of words are "[UNK]", as the graph
        does not have them.
        """
        found = self.tokens(text)
        if self.split == "subword":
            found = [self.vocabulary[self.id_of(each)] for each in found]
        return [MARKS[0], *found, MARKS[1]]

    def id_of(self, token: str, otherwise: int = UNKNOWN) -> int:
        """Returns the id of a token, or `otherwise` where it is not in the vocabulary."""
        return self._ids.get(token, otherwise)

    def texts(self, ids: np.ndarray, read: Sequence[Sequence[str]] | None = None) -> list[str]:
        """Decodes ids: the tokens before the first end mark or padding.

        Args:
            ids: (texts, steps).
            read: of a model that copies, the tokens of each source, whose ids follow those of the
                vocabulary.
        """
        found = []
        for number, row in enumerate(np.asarray(ids)):
            kept = row[row != START]
            ends = np.flatnonzero((kept == END) | (kept == PADDING))
            kept = kept[: ends[0]] if len(ends) else kept
            known = self.vocabulary if read is None else [*self.vocabulary, *read[number]]
            text = SPLITS[self.split].join(known[each] for each in kept)
            if self.split == "subword":
                text = text.replace(BEGINNING, " ").removeprefix(" ")
            found.append(text)
        return found

    def graph(self) -> "SequenceVocabularyGraph":
        """Builds the same conversions from TensorFlow operations."""
        from attn_tuner.sequence.vocabulary_graph import SequenceVocabularyGraph

        return SequenceVocabularyGraph(self)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor, ready for JSON."""
        return {
            "vocabulary": list(self.vocabulary),
            "split": self.split,
            "max_length": self.max_length,
            "merges": [list(pair) for pair in self.pairs.merges],
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SequenceVocabulary":
        """Creates a vocabulary from the result of `get_config`."""
        return cls(**config)

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __repr__(self) -> str:
        return f"SequenceVocabulary({len(self):,} ids, split={self.split!r})"


def padded(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Joins rows of ids: `(rows, steps)` int32, 0 behind each."""
    batch = np.full((len(rows), max(map(len, rows), default=2)), PADDING, np.int32)
    for row, own in zip(batch, rows, strict=True):
        row[: len(own)] = own
    return batch


def split_text(
    text: str, split: str, pairs: BytePairs | None = None, most_words: int | None = None
) -> list[str]:
    """Splits a text into all of its characters, into words, or into parts of words.

    Args:
        text: the text.
        split: key of `SPLITS`.
        pairs: of subwords, the merges.
        most_words: words that are read, from the beginning; None for all.
    """
    if split == "character":
        return list(text)
    words = tokens(text, "word")[:most_words]
    if split == "word" or pairs is None:
        return words
    return [part for word in words for part in pairs(word)]
