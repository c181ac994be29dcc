"""Pairs of texts as the arrays that a sequence model is trained on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.sequence.marks import END, START
from attn_tuner.sequence.vocabulary import SequenceVocabulary, padded, several
from attn_tuner.text.token_ids import UNKNOWN


@dataclass(frozen=True)
class PairVocabularies:
    """The vocabularies of both sides.

        vocabularies = PairVocabularies.build(sources, targets, split="character")
        x, y = vocabularies.arrays(sources, targets)

    Args:
        source: of the texts that are read.
        target: of the texts that are written.
    """

    source: SequenceVocabulary
    target: SequenceVocabulary

    @classmethod
    def build(
        cls,
        sources: Iterable[str],
        targets: Iterable[str],
        split: str = "character",
        target_split: str | None = None,
        size: int = 20_000,
    ) -> "PairVocabularies":
        """Builds both vocabularies from the training pairs.

        Args:
            sources: iterable of str.
            targets: iterable of str.
            split: "character", "word" or "subword", of the sources.
            target_split: that of the targets; as `split` if not given.
            size: int, ids of a vocabulary at most.
        """
        return cls(
            SequenceVocabulary.build(sources, split, size),
            SequenceVocabulary.build(targets, target_split or split, size),
        )

    def arrays(
        self, sources: Sequence[str], targets: Sequence[str]
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Encodes pairs for teacher forcing.

        Args:
            sources: sequence of str.
            targets: sequence of str, as many.

        Returns:
            x: `{"source": (pairs, steps), "copied": (pairs, steps), "target": (pairs, target
                steps)}`, int32; the target begins with the start mark. See `copied`.
            y: (pairs, target steps) int32, the token behind each of the target, at last the end
                mark; 0 at padding. One that only the source has is in the extended vocabulary; see
                `written`.

        Raises:
            DataError: there are more texts on one side than on the other, or none, or a side is one
                string.
        """
        for texts in (sources, targets):
            several(texts)
        if len(sources) != len(targets) or not len(sources):
            raise DataError(
                f"Pairs need as many sources as targets, and at least one; got {len(sources)} and "
                f"{len(targets)}."
            )
        written = padded(self.written(sources, targets))
        given = {
            "source": self.source.padded(sources),
            "copied": padded(self.copied(sources)),
            "target": np.where(written < len(self.target), written, UNKNOWN)[:, :-1],
        }
        return given, written[:, 1:]

    def copied(self, sources: Iterable[str]) -> list[list[int]]:
        """Returns the ids of source tokens in the extended vocabulary of the target.

        It has the ids of the target, and behind them one for each step of the source: a token that
        the target lacks has that of its first step. A model that copies writes these ids.

        Reference:
            See et al. 2017, section 2.2. https://aclanthology.org/P17-1099
        """
        return [self._copied(self.source.read(text)) for text in several(sources)]

    def _copied(self, read: Sequence[str]) -> list[int]:
        size = len(self.target)
        return [self.target.id_of(token, size + read.index(token)) for token in read]

    def written(self, sources: Iterable[str], targets: Iterable[str]) -> list[list[int]]:
        """Encodes targets in the extended vocabulary: tokens that only the source has are copies.

        Args:
            sources: iterable of str.
            targets: iterable of str, as many.
        """
        rows = []
        for source, target in zip(several(sources), several(targets), strict=True):
            read = self.source.read(source)
            copies = dict(zip(read, self._copied(read), strict=True))
            tokens = self.target.tokens(target)
            ids = [self.target.id_of(each, copies.get(each, UNKNOWN)) for each in tokens]
            rows.append([START, *ids, END])
        return rows

    def texts(self, ids: np.ndarray, sources: Iterable[str]) -> list[str]:
        """Decodes ids of the extended vocabulary.

        Args:
            ids: (texts, target steps), up to an end mark.
            sources: the texts that they were written for.
        """
        return self.target.texts(ids, [self.source.read(each) for each in sources])

    def get_config(self) -> dict[str, Any]:
        """Returns both vocabularies, ready for JSON."""
        return {"source": self.source.get_config(), "target": self.target.get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PairVocabularies":
        """Creates the vocabularies from the result of `get_config`."""
        return cls(*(SequenceVocabulary.from_config(config[side]) for side in ("source", "target")))
