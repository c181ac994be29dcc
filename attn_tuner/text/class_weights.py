"""Weights classes by how rare they are."""

import numpy as np

RARE = 0.2  # One of two classes below this share of the texts makes weights the default.


def imbalanced(labels: np.ndarray, classes: int, share: float = RARE) -> bool:
    """Whether a class is so rare that its texts should weigh more (`text.balanced_weights`).

        min_c n_c / n < share 2 / k

    For two classes that is below `share` of the texts; for k even classes it is never.
    """
    counts = np.bincount(np.asarray(labels), minlength=classes)
    return bool(counts.min() < share * 2 / classes * len(labels))


def balanced_weights(labels, classes: int) -> np.ndarray:
    """(texts,) weights by which every class counts the same, 1 on average.

    w_i = texts / (classes * texts of the class of i)
    """
    labels = np.asarray(labels)
    counts = np.bincount(labels, minlength=classes)
    return (len(labels) / (classes * counts[labels])).astype("float32")
