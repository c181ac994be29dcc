"""Computes class weights for imbalanced data."""

import numpy as np
from numpy.typing import ArrayLike

MIN_CLASS_SHARE = 0.2  # Weights are the default if one of two classes has a smaller share.


def is_imbalanced(labels: np.ndarray, classes: int, share: float = MIN_CLASS_SHARE) -> bool:
    """Checks whether the rarest class is so rare that class weights should be used.

        min_c n_c / n < share 2 / k

    For two classes that is below `share` of the texts; for k even classes it is never.
    """
    counts = np.bincount(np.asarray(labels), minlength=classes)
    return bool(counts.min() < share * 2 / classes * len(labels))


def balanced_weights(labels: ArrayLike, classes: int) -> np.ndarray:
    """Computes sample weights by which all classes count equally: `(texts,)` float32, mean 1.

    w_i = texts / (classes * texts of the class of i)
    """
    labels = np.asarray(labels)
    counts = np.bincount(labels, minlength=classes)
    return (len(labels) / (classes * counts[labels])).astype("float32")
