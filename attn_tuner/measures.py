"""What a classifier's probabilities are worth, from the labels beside them."""

import numpy as np
from sklearn import metrics

from attn_tuner.errors import UnknownName
from attn_tuner.registry import unknown

OBJECTIVES = {"accuracy": "max", "f1_macro": "max", "auc": "max", "log_loss": "min"}


def both_columns(probabilities: np.ndarray) -> np.ndarray:
    """`(texts, 1)` probabilities of class 1 as `(texts, 2)`; others as they are."""
    probabilities = np.asarray(probabilities, "float64")
    if probabilities.shape[1] == 1:
        return np.concatenate([1 - probabilities, probabilities], axis=1)
    return probabilities


def measure(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Accuracy, macro F1, ROC AUC (one against the rest) and log loss in nats.

    Args:
        labels: class numbers `(texts,)`.
        probabilities: `(texts, classes)`, or `(texts, 1)` for class 1 of two.
    """
    probabilities = both_columns(probabilities)
    classes = np.arange(probabilities.shape[1])
    answers = probabilities.argmax(axis=1)
    bounded = np.clip(probabilities, 1e-7, 1)
    bounded /= bounded.sum(axis=1, keepdims=True)
    return {
        "accuracy": float(np.mean(answers == labels)),
        "f1_macro": float(
            metrics.f1_score(labels, answers, labels=classes, average="macro", zero_division=0)
        ),
        "auc": _auc(labels, bounded),
        "log_loss": float(metrics.log_loss(labels, bounded, labels=classes)),
    }


def direction(objective: str) -> str:
    """ "max" or "min"; KerasTuner would guess "min" for some that should grow."""
    if objective not in OBJECTIVES:
        raise UnknownName(unknown("objective", objective, OBJECTIVES))
    return OBJECTIVES[objective]


def interval(accuracy: float, texts: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share seen on `texts` texts.

    centre +- z / (1 + z^2/n) sqrt(p (1 - p) / n + z^2 / 4 n^2)

    Reference: Wilson 1927, Journal of the American Statistical Association 22.
    """
    if texts == 0:
        return 0.0, 1.0
    spread = z**2 / texts
    centre = (accuracy + spread / 2) / (1 + spread)
    half = z / (1 + spread) * np.sqrt(accuracy * (1 - accuracy) / texts + spread / (4 * texts))
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def _auc(labels, probabilities):
    present = np.unique(labels)
    if len(present) < 2:
        return float("nan")  # One class only: no pair to rank.
    if probabilities.shape[1] == 2:
        return float(metrics.roc_auc_score(labels, probabilities[:, 1]))
    scores = [metrics.roc_auc_score(labels == c, probabilities[:, c]) for c in present]
    return float(np.mean(scores))
