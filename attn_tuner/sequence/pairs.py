"""Pairs of texts as the arrays that a sequence model is trained on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.sequence.vocabulary import SequenceVocabulary


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
            x: `{"source": (pairs, steps), "target": (pairs, target steps)}`, int32; the target
                begins with the start mark.
            y: (pairs, target steps) int32, the token behind each of the target, at last the end
                mark; 0 at padding.

        Raises:
            DataError: there are more texts on one side than on the other, or none.
        """
        if len(sources) != len(targets) or not len(sources):
            raise DataError(
                f"Pairs need as many sources as targets, and at least one; got {len(sources)} and "
                f"{len(targets)}."
            )
        target = self.target.padded(targets)
        return {"source": self.source.padded(sources), "target": target[:, :-1]}, target[:, 1:]

    def get_config(self) -> dict[str, Any]:
        """Returns both vocabularies, ready for JSON."""
        return {"source": self.source.get_config(), "target": self.target.get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PairVocabularies":
        """Creates the vocabularies from the result of `get_config`."""
        return cls(*(SequenceVocabulary.from_config(config[side]) for side in ("source", "target")))
