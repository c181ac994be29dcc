"""Joins the answers of several models by a regression on the labels."""

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

_LEAST = 1e-5  # Probability below which a model is not believed to be surer.
_PENALTY = 0.1  # C of the regression, which has few weights and many texts.


def stack(answers: Sequence[np.ndarray], labels: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Joins out-of-fold probabilities of several models, and calibrates them.

        p_c = softmax over c of (b_c + sum over models m and classes k of A_cmk log p_mk)

    A and b are those of a logistic regression on the labels. Of two classes the log odds alone are
    read. In a mean of probabilities a model that is too sure, or unsure of a rare class, would
    count for more, or less, than it knows.

    Args:
        answers: for each model (texts, classes) float, of models that have not learnt from the
            text.
        labels: (texts,) int.
        fitted: (n,) int, places of the texts to fit the regression on.

    Returns:
        (texts, classes) float64; 0 for a class that none of the texts fitted on has.

    Reference:
        Wolpert 1992, Stacked generalization. https://doi.org/10.1016/S0893-6080(05)80023-1
    """
    joined = np.mean(answers, axis=0)
    there = np.unique(labels[fitted])
    if len(there) < 2:
        return joined
    columns = np.concatenate([_evidence(each) for each in answers], axis=1)
    model = LogisticRegression(C=_PENALTY, max_iter=300).fit(columns[fitted], labels[fitted])
    found = np.zeros_like(joined)
    found[:, there] = model.predict_proba(columns)
    return found


def _evidence(probabilities: np.ndarray) -> np.ndarray:
    logs = np.log(np.maximum(probabilities, _LEAST))
    return np.diff(logs, axis=1) if logs.shape[1] == 2 else logs
