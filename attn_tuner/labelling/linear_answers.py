"""Puts the answers of a linear model beside those of the members of an average."""

import numpy as np
from scipy import sparse

from attn_tuner.baselines.linear_model import PLAIN, fit_regression
from attn_tuner.baselines.penalties import DEFAULT_INDEX, PENALTIES


def with_linear_model(
    answers: np.ndarray,
    rows: sparse.csr_matrix,
    known: sparse.csr_matrix,
    labels: np.ndarray,
    kind: str,
) -> np.ndarray:
    """Adds the answers of a linear model of n-grams, as often as there are members.

    In the mean it counts as much as all members together, and a text is uncertain where the two
    contradict each other. Answers that are numbers are returned as they are: their spread is
    between members.

    Args:
        answers: (members, texts, columns).
        rows: (texts, n-grams) sparse, of the same texts.
        known: (labelled texts, n-grams) sparse.
        labels: (labelled texts, ...), what the model is fitted to.
        kind: key of `metrics.MEASURES`.

    Returns:
        (2 members, texts, columns).
    """
    if kind == "number":
        return answers
    penalty = PENALTIES[DEFAULT_INDEX]
    model = fit_regression(known, labels, answers.shape[-1], PLAIN, penalty)
    found = model(rows)[None].astype(answers.dtype)
    return np.concatenate([answers, np.repeat(found, len(answers), axis=0)])
