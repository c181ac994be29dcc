"""Averages logarithms of probabilities, with the weights of the lowest log loss.

weights = fit_weights(answers, labels)             # on validation texts
together = average(answers, weights, logarithms=True)
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from attn_tuner.layers.probability_average import FLOOR

LEAST_WEIGHT = 0.05  # A member of less is not worth its size.
PULL = 30.0  # Towards equal weights; as strong as so many texts, see `fit_weights`.


def average(
    answers: Sequence[np.ndarray] | np.ndarray,
    weights: Sequence[float] | np.ndarray,
    logarithms: bool = False,
) -> np.ndarray:
    """Averages predictions as the layer `ProbabilityAverage` does at temperature 1.

    Args:
        answers: of each model, `(texts, columns)`; at least two columns for logarithms.
        weights: of each model, summing to 1.
        logarithms: whether to average logarithms.

    Returns:
        `(texts, columns)` float64.
    """
    library = np.asarray(answers, "float64")
    if not logarithms:
        return np.tensordot(weights, library, axes=1)
    return softmax(np.tensordot(weights, _logarithms(library), axes=1), axis=1)


def fit_weights(
    answers: Sequence[np.ndarray] | np.ndarray, labels: np.ndarray, leading: bool = False
) -> np.ndarray:
    """Finds the weights with which an average of logarithms has the lowest log loss.

        argmin over w >= 0 of  mean of -log q_label + r/n sum_k (w_k - s_k)^2
        q = softmax(sum_k w_k log p_k),   r = 30,   s_k = 1/K

    for n texts and K models: the more texts, the further the weights may be from equal. With
    `leading`, s_1 = 1 and the others are 0: it takes evidence to add to the first model. The sum of
    w is an inverse temperature, which calibration sets, so it is divided out. The model of the
    least weight is left out, and the others are fitted again, while that weight is below
    `LEAST_WEIGHT` of the sum.

    Args:
        answers: of each model, `(texts, classes)` with two classes at least.
        labels: class numbers, `(texts,)`.
        leading: whether the first model is to have most of the weight where texts are few.

    Returns:
        The weight of each model, a multiple of 0.01; they sum to 1.

    Reference:
        Hinton 2002, equation 1, a product of experts. https://doi.org/10.1162/089976602760128018
        Heskes 1998, "Selecting weighting factors in logarithmic opinion pools", NIPS 10.
    """
    logs = _logarithms(np.asarray(answers, "float64"))
    kept = np.arange(len(logs))
    while True:
        start = np.full(len(kept), 1 / len(kept))
        if leading and kept[0] == 0:
            start = np.eye(len(kept))[0]
        fitted = _fitted(logs[kept], labels, start)
        shares = fitted / fitted.sum() if fitted.any() else start
        if len(kept) == 1 or shares.min() >= LEAST_WEIGHT:
            break
        kept = np.delete(kept, shares.argmin())
    weights = np.zeros(len(logs))
    # Rounded, so that the same search fits the same weights wherever it goes on.
    weights[kept] = np.round(shares, 2)
    weights[weights.argmax()] += 1 - weights.sum()
    return np.round(weights, 2)


def _fitted(logs: np.ndarray, labels: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Minimizes the loss of `fit_weights`; logs: `(models, texts, classes)`."""
    texts = np.arange(len(labels))
    pull = PULL / len(labels)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = np.tensordot(weights, logs, axes=1)
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        totals = powers.sum(axis=1)
        own = float((np.log(totals) - scores[texts, labels]).mean())
        wrong = powers / totals[:, None]
        wrong[texts, labels] -= 1
        slope = np.einsum("nc,knc->k", wrong, logs) / len(labels)
        away = weights - start
        return own + pull * float(away @ away), slope + 2 * pull * away

    bounds = [(0.0, None)] * len(logs)
    return minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x


def _logarithms(library: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(library, FLOOR))
