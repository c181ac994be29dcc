"""Converts texts to token ids, in Python and in a TensorFlow graph alike."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.inputs.truncation import truncate
from attn_tuner.registry import unknown
from attn_tuner.text.subwords import Subwords
from attn_tuner.text.token_ids import PADDING, SPECIAL_TOKENS, UNKNOWN, ids_by_token
from attn_tuner.text.tokenization import SPLITS, token_spans, tokens

if TYPE_CHECKING:  # The graph imports TensorFlow.
    from attn_tuner.text.columns.encoder import ColumnEncoder
    from attn_tuner.text.tf_tokenization import TextGraph

_SPECIAL = list(SPECIAL_TOKENS)
_ENOUGH_TEXTS = 1_000


class Vectorizer:
    """A vocabulary with the rule that splits texts into tokens.

    Args:
        vocabulary: sequence of str, tokens by id; 0 is "" for padding, 1 is "[UNK]" for unknown
            tokens.
        split: "word", or "character" for one token per character.

    Raises:
        DataError: the split is unknown, or the vocabulary does not begin as it should.

    Attributes:
        columns: what is known of the columns beside texts; None where texts stand alone.
    """

    columns: "ColumnEncoder | None" = None

    def __init__(self, vocabulary: Sequence[str], split: str = "word"):
        if split not in SPLITS:
            raise DataError(unknown("split", split, SPLITS))
        self.vocabulary = list(vocabulary)
        self.split = split
        self._ids = ids_by_token(self.vocabulary, _SPECIAL, first=len(_SPECIAL))

    @classmethod
    def build(
        cls,
        texts: Iterable[str],
        split: str = "word",
        size: int = 50_000,
        minimum_count: int | None = None,
        further: Iterable[str] = (),
    ) -> "Vectorizer":
        """Builds a vocabulary from texts, the most frequent tokens first.

        Args:
            texts: iterable of str, the training texts only.
            split: "word" or "character".
            size: int, maximum number of ids, padding and unknown included.
            minimum_count: int, occurrences that a token needs. Defaults to 2 from 1,000 texts on,
                so that the model sees unknown tokens in training, else to 1.
            further: iterable of str, texts without labels. What only they hold comes behind the
                tokens of the training texts.
        """
        kept = _frequent(texts, split, minimum_count)
        known = set(kept)
        kept += [each for each in _frequent(further, split, minimum_count) if each not in known]
        return cls(_SPECIAL + kept[: max(0, size - 2)], split)

    def tokens(self, text: str) -> list[str]:
        """Splits a text into tokens."""
        return tokens(text, self.split)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Locates each token in the text: `(start, end)` in characters."""
        return token_spans(text, self.split)[1]

    @cached_property
    def subwords(self) -> Subwords:
        """The parts of the words of this vocabulary."""
        return Subwords(self.vocabulary)

    def encode(self, texts: Iterable[str], subwords: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Encodes texts into one array of ids.

        Args:
            texts: iterable of str.
            subwords: bool, whether words outside the vocabulary get ids that say their parts, from
                the vocabulary's size on; see `text.subwords`.

        Returns:
            ids: (tokens,) int32.
            offsets: (texts + 1,) int64; text i is `ids[offsets[i]:offsets[i + 1]]`.
        """
        known, lengths, pieces = self._ids, [0], []
        if subwords:
            known = _WithParts(known, self.subwords)
        for text in texts:
            found = tokens(text, self.split)
            lengths.append(len(found))
            pieces.append(np.array([known.get(token, UNKNOWN) for token in found], np.int32))
        ids = np.concatenate([np.zeros(0, np.int32), *pieces])
        return ids, np.cumsum(lengths, dtype=np.int64)

    def padded(
        self,
        texts: Sequence[str],
        max_length: int | None = None,
        truncation: str = "head",
        vocabulary_size: int | None = None,
        subwords: bool = False,
    ) -> np.ndarray:
        """Encodes texts as a batch: `(texts, steps)` int32, 0 after each text, at least 1 step."""
        ids, offsets = self.encode(texts, subwords)
        if vocabulary_size is not None:
            ids[ids >= vocabulary_size] = UNKNOWN
        rows = [
            truncate(ids[start:end], max_length, truncation) for start, end in pairwise(offsets)
        ]
        steps = max(1, max(map(len, rows), default=1))
        batch = np.full((len(rows), steps), PADDING, np.int32)
        for row, own in zip(batch, rows, strict=True):
            row[: len(own)] = own
        return batch

    def graph(
        self,
        max_length: int | None = None,
        truncation: str = "head",
        vocabulary_size: int | None = None,
        subwords: bool = False,
    ) -> "TextGraph":
        """Builds the same conversion from TensorFlow operations: a `tf_tokenization.TextGraph`."""
        from attn_tuner.text.tf_tokenization import TextGraph

        return TextGraph(self, max_length, truncation, vocabulary_size, subwords)

    def coverage(self, texts: Iterable[str]) -> float:
        """Computes the share of tokens in these texts that the vocabulary has."""
        found = list(chain.from_iterable(map(self.tokens, texts)))
        return sum(token in self._ids for token in found) / max(1, len(found))

    def get_config(self) -> dict:
        """Returns the arguments of the constructor, ready for JSON."""
        return {"vocabulary": list(self.vocabulary), "split": self.split}

    @classmethod
    def from_config(cls, config: dict) -> "Vectorizer":
        """Creates a vectorizer from the result of `get_config`."""
        return cls(**config)

    @property
    def fingerprint(self) -> str:
        """Hash of vocabulary and split: 16 hex digits."""
        config = json.dumps(self.get_config(), sort_keys=True).encode()
        return hashlib.blake2b(config, digest_size=8).hexdigest()

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __repr__(self) -> str:
        return f"Vectorizer({len(self):,} ids, split={self.split!r})"


def _frequent(texts: Iterable[str], split: str, minimum_count: int | None) -> list[str]:
    """Returns the tokens that occur often enough, the most frequent first."""
    counts, number = Counter(), 0
    for number, text in enumerate(texts, start=1):  # noqa: B007
        counts.update(tokens(text, split))
    if minimum_count is None:
        minimum_count = 2 if number >= _ENOUGH_TEXTS else 1
    kept = [token for token, count in counts.items() if count >= minimum_count]
    return sorted(kept, key=lambda token: (-counts[token], token))


class _WithParts(dict):
    """Ids by token, those of words outside the vocabulary computed when they are first met."""

    def __init__(self, known: dict[str, int], subwords: Subwords):
        super().__init__(known)
        self._subwords = subwords

    def get(self, token: str, default: int = UNKNOWN) -> int:
        found = super().get(token)
        if found is None:
            found = self[token] = self._subwords.id_of(token)
        return found
