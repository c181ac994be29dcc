"""Prediction sets and intervals: the answers that a model cannot rule out at a promised coverage.

found = Conformal(0.9, (0.2, 0.3))      # from finalizing.conformal, on validation texts
found.sets(probabilities)               # (texts, classes) bool
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attn_tuner.errors import ExportError


@dataclass(frozen=True)
class Conformal:
    """What decides which classes belong to a prediction set, or how wide an interval is.

        set = {c: p_c >= t_c} and the most probable class
        interval = [value - t, value + t]

    Args:
        coverage: float in (0, 1), the share of texts whose set holds their class, or whose interval
            holds their number.
        at: t, for classes the lowest probability of each in a set, for a number half the width of
            its interval; rounded towards larger sets in float32.

    Raises:
        ExportError: one of them is out of range.

    Reference:
        Sadinle et al. 2019, equation 4. https://arxiv.org/abs/1609.00451
        Lei et al. 2018, algorithm 2. https://arxiv.org/abs/1604.04173
    """

    coverage: float
    at: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < self.coverage < 1:
            raise ExportError(f"coverage is {self.coverage!r}; it should be between 0 and 1.")
        at = np.asarray(self.at, "float64")
        if at.ndim != 1 or not len(at) or not (at >= 0).all():
            raise ExportError(
                "Each threshold of a prediction set, and half the width of an interval, should be "
                f"at least 0; got {self.at}."
            )
        object.__setattr__(self, "at", tuple(map(float, self.at)))

    def sets(self, probabilities: np.ndarray) -> np.ndarray:
        """Returns which classes are in the set of each text.

        Args:
            probabilities: `(texts, classes)` float32.

        Returns:
            `(texts, classes)` bool; no set is empty.
        """
        given = np.asarray(probabilities, "float32")
        enough = given >= np.asarray(self.at, "float32")
        return enough | (given == given.max(axis=-1, keepdims=True))

    def names(self, row: np.ndarray, classes: Sequence[str]) -> tuple[str, ...]:
        """Returns the names of the classes in the set of one text, in their order.

        Args:
            row: `(classes,)` probabilities.
            classes: names by column.
        """
        return tuple(np.asarray(classes, object)[self.sets(row[None])[0]])

    def interval(self, value: Any) -> tuple[Any, Any]:
        """Returns the lower and the upper end of the interval of a number, or of an array."""
        return value - self.at[0], value + self.at[0]

    def as_dict(self) -> dict:
        """Returns the fields in types that JSON has."""
        return {"coverage": self.coverage, "at": list(self.at)}

    @classmethod
    def from_dict(cls, given: Mapping | None) -> "Conformal | None":
        """Returns what `as_dict` wrote; None for None."""
        return None if given is None else cls(given["coverage"], tuple(given["at"]))
