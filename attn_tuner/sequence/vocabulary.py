"""The vocabulary of one side: texts to ids between marks, and ids back to texts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.registry import unknown
from attn_tuner.sequence.marks import END, FIRST_TOKEN, RESERVED, START
from attn_tuner.text.token_ids import PADDING, UNKNOWN, ids_by_token
from attn_tuner.text.tokenization import tokens

if TYPE_CHECKING:  # It imports TensorFlow.
    from attn_tuner.sequence.vocabulary_graph import SequenceVocabularyGraph

SPLITS = {"character": "", "word": " "}  # To what stands between tokens in a text.


class SequenceVocabulary:
    """A vocabulary with start and end marks, and the rule that splits texts into tokens.

        "12 May"  ->  [START] 1 2 ␣ M a y [END]          characters, as they stand
        "12 May"  ->  [START] 12 may [END]                words, as `Vectorizer` splits them

    Characters come back as the same text. Words come back in lower case and with a space between
    any two tokens.

    Args:
        vocabulary: sequence of str, tokens by id, which begins with "" for padding, "[UNK]",
            "[START]" and "[END]".
        split: "character" or "word".
        max_length: int, tokens kept of a text, from its beginning; marks are not counted.

    Raises:
        DataError: the split is unknown, the vocabulary does not begin as it should or holds a token
            twice, or `max_length` is under 1.
    """

    def __init__(self, vocabulary: Sequence[str], split: str = "character", max_length: int = 256):
        self.vocabulary = list(vocabulary)
        self.split = split
        self.max_length = int(max_length)
        if split not in SPLITS:
            raise DataError(unknown("split", split, SPLITS))
        self._ids = ids_by_token(self.vocabulary, RESERVED)
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
            split: "character" or "word".
            size: int, ids at most, the reserved ones included.
            max_length: int, tokens kept of a text; that of the longest text if not given.
        """
        if split not in SPLITS:
            raise DataError(unknown("split", split, SPLITS))
        counts, longest = Counter(), 1
        for text in texts:
            found = split_text(text, split)
            counts.update(found)
            longest = max(longest, len(found))
        kept = sorted(counts, key=lambda token: (-counts[token], token))
        kept = kept[: max(0, size - FIRST_TOKEN)]
        return cls([*RESERVED, *kept], split, longest if max_length is None else max_length)

    def tokens(self, text: str) -> list[str]:
        """Splits a text into the tokens that are kept, without marks."""
        if self.split == "character":
            text = text[: self.max_length]
        return split_text(text, self.split)[: self.max_length]

    def padded(self, texts: Sequence[str]) -> np.ndarray:
        """Encodes texts: `(texts, steps)` int32, each between marks, 0 behind the end mark."""
        rows = [
            [START, *(self._ids.get(token, UNKNOWN) for token in self.tokens(text)), END]
            for text in texts
        ]
        batch = np.full((len(rows), max(map(len, rows), default=2)), PADDING, np.int32)
        for row, own in zip(batch, rows, strict=True):
            row[: len(own)] = own
        return batch

    def texts(self, ids: np.ndarray) -> list[str]:
        """Decodes ids `(texts, steps)`: the tokens before the first end mark or padding."""
        found = []
        for row in np.asarray(ids):
            kept = row[row != START]
            ends = np.flatnonzero((kept == END) | (kept == PADDING))
            kept = kept[: ends[0]] if len(ends) else kept
            found.append(SPLITS[self.split].join(self.vocabulary[each] for each in kept))
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
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SequenceVocabulary":
        """Creates a vocabulary from the result of `get_config`."""
        return cls(**config)

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __repr__(self) -> str:
        return f"SequenceVocabulary({len(self):,} ids, split={self.split!r})"


def split_text(text: str, split: str) -> list[str]:
    """Splits a text into all of its characters, or into words."""
    return list(text) if split == "character" else tokens(text, split)
