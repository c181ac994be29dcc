"""Finds classes whose texts are taken for each other's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix

_SHARE = 0.1  # Of the texts of both classes that must be confused,
_TEXTS = 5  # and their number.


@dataclass(frozen=True)
class ConfusedClasses:
    """Two classes that are confused with each other.

    Args:
        classes: tuple of the two names; the first has more texts that are taken for the other's.
        texts: tuple of two ints, texts of the first taken for the second, and the other way round.
        share: float, of the texts of both.
    """

    classes: tuple[str, str]
    texts: tuple[int, int]
    share: float


def find_confused(
    probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str]
) -> tuple[ConfusedClasses, ...]:
    """Finds pairs of which at least a tenth of the texts, and 5, are taken for the other class.

    Two classes alone are no finding: then this is the share of wrong answers.

    Args:
        probabilities: (texts, classes), out-of-fold.
        labels: (texts,) int, the given classes.
        classes: names.
    """
    if len(classes) < 3 or not len(labels):
        return ()
    counts = confusion_matrix(labels, probabilities.argmax(axis=1), labels=np.arange(len(classes)))
    texts = counts.sum(axis=1)
    both = counts + counts.T
    shares = both / np.maximum(texts[:, None] + texts[None], 1)
    pairs = np.argwhere(np.triu((shares >= _SHARE) & (both >= _TEXTS), k=1)).tolist()
    found = []
    for one, other in pairs:
        if counts[other, one] > counts[one, other]:
            one, other = other, one
        found.append(
            ConfusedClasses(
                (classes[one], classes[other]),
                (int(counts[one, other]), int(counts[other, one])),
                float(shares[one, other]),
            )
        )
    return tuple(sorted(found, key=lambda each: -each.share))
