"""Texts that a model knows, and texts that are none of its classes, told apart by its doubt."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attn_tuner.errors import ExportError

LEAST = 1e-12  # Of a probability whose logarithm is taken.


@dataclass(frozen=True)
class KnownTexts:
    """Tells known texts from others by the entropy of the answer.

        known = H(p) <= h,   H(p) = -sum_c p_c log p_c

    Args:
        kept: float in (0, 1), the share of rightly answered texts that count as known.
        entropy: float, h in nats.

    Raises:
        ExportError: one of them is out of range.

    Reference:
        Hendrycks & Gimpel 2017, who take the greatest probability: https://arxiv.org/abs/1610.02136
    """

    kept: float
    entropy: float

    def __post_init__(self) -> None:
        if not 0 < self.kept < 1 or not self.entropy >= 0:
            raise ExportError(
                f"kept is {self.kept!r} and entropy {self.entropy!r}. The one should be between 0 "
                "and 1, the other at least 0."
            )

    def known(self, probabilities: np.ndarray) -> np.ndarray:
        """Returns which texts are known, `(texts,)` bool.

        Args:
            probabilities: `(texts, classes)`.
        """
        return entropies(probabilities) <= self.entropy

    def as_dict(self) -> dict:
        """Returns the fields in types that JSON has."""
        return {"kept": self.kept, "entropy": self.entropy}

    @classmethod
    def from_dict(cls, given: Mapping | None) -> "KnownTexts | None":
        """Returns what `as_dict` wrote; None for None."""
        return None if given is None else cls(given["kept"], given["entropy"])


def entropies(probabilities: np.ndarray) -> np.ndarray:
    """Returns the entropy of each row in nats, `(texts,)`."""
    given = np.asarray(probabilities, "float64")
    return -(given * np.log(np.maximum(given, LEAST))).sum(axis=-1)
