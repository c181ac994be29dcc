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


def balanced_weights(
    labels: ArrayLike, classes: int, weights: ArrayLike | None = None
) -> np.ndarray:
    """Computes sample weights by which all classes count equally: `(texts,)` float32.

    w_i = u_i * sum_j u_j / (classes * sum of u_j over the class of i);   u_i = 1 without weights

    Args:
        labels: `(texts,)` int.
        classes: int, number of classes.
        weights: `(texts,)` float, the u_i; within a class their ratios are kept.
    """
    labels = np.asarray(labels)
    own = np.ones(len(labels)) if weights is None else np.asarray(weights, "float64")
    totals = np.bincount(labels, own, minlength=classes)[labels]
    # A class whose texts all have the weight 0 keeps it.
    scale = own.sum() / (classes * np.where(totals > 0, totals, 1.0))
    return (own * scale).astype("float32")
