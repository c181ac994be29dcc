"""Multinomial naive Bayes, as a linear model."""

import numpy as np
from scipy import sparse

from attn_tuner.baselines.linear_model import LinearModel

SMOOTHING = 0.1  # Added to the sum of each n-gram in a class.


def fit_naive_bayes(
    rows: sparse.csr_matrix, labels: np.ndarray, classes: int, weights: np.ndarray | None = None
) -> LinearModel:
    """Fits multinomial naive Bayes to rows of TF-IDF.

        W_gc = log((s + S_gc) / sum over n-grams h of (s + S_hc)),    b_c = log(N_c / N)

    S_gc is the sum of the weights of n-gram g in the texts of class c, N_c the number of these, s
    `SMOOTHING`; the probabilities are softmax(x W + b).

    Args:
        rows: (texts, columns) sparse, TF-IDF.
        labels: (texts,) int.
        classes: int, number of classes.
        weights: (texts,) float, weight of each text; None for equal weights.

    Reference:
        Rennie et al. 2003, section 2 and eq. 6. https://dl.acm.org/doi/10.5555/3041838.3041916
    """
    texts = np.arange(len(labels))
    amounts = np.ones(len(labels)) if weights is None else weights
    given = sparse.csr_matrix((amounts, (labels, texts)), shape=(classes, len(labels)))
    sums = SMOOTHING + (given @ rows).toarray().T.astype(float)
    logs = np.log(sums / sums.sum(axis=0))
    counts = np.asarray(given.sum(axis=1)).ravel()
    with np.errstate(divide="ignore"):  # A class without texts has probability 0.
        bias = np.log(counts / counts.sum())
    if classes == 2:  # One output: the log odds of the second.
        logs, bias = np.diff(logs, axis=1), np.diff(bias)
    return LinearModel("class", logs, bias, "bayes", 0.0, classes > 2, len(labels))
