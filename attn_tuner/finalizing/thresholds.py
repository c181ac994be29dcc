"""Chooses decision thresholds for F1 and moves them to 0.5.

found = choose_thresholds(labels, probabilities, "f1_macro")     # on validation texts
move_logits(model, found.moves)                                  # changes the last layer
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from scipy.special import expit, logit
from sklearn.model_selection import KFold

from attn_tuner.errors import SpaceError
from attn_tuner.finalizing.calibration import check_probabilities
from attn_tuner.layers.probability_average import ProbabilityAverage
from attn_tuner.metrics import both_columns, kind_of, measure

FOLDS = 5
MIN_TEXTS = 50  # With fewer a threshold would fit chance.


@dataclass(frozen=True)
class Thresholds:
    """Decision thresholds, and their effect on the validation texts.

    Args:
        at: calibrated probability from which each label is predicted; for two classes one number,
            for the second class.
        objective: str, the F1 that they optimize.
        before, after: float, that F1 at 0.5 and at these thresholds.
    """

    at: tuple[float, ...]
    objective: str
    before: float
    after: float

    @property
    def moves(self) -> np.ndarray:
        """`(labels,)` what to subtract from the logits so that the thresholds lie at 0.5."""
        return logit(np.clip(self.at, 1e-6, 1 - 1e-6))


def choose_thresholds(
    labels: np.ndarray, probabilities: np.ndarray, objective: str, seed: int = 0
) -> Thresholds | None:
    """Chooses the thresholds with the highest F1; None where they do not help on other texts.

    For macro F1 each label has a threshold of its own, for micro F1 all share one. Thresholds are
    used only if they beat 0.5 in cross-validation with five folds.

    Args:
        labels: class numbers of two classes, `(texts,)`, or a 0/1 matrix, `(texts, labels)`.
        probabilities: `(texts, 2)`, `(texts, 1)` for class 1 of two, or `(texts, labels)`.
        objective: str, key of `metrics.MEASURES`; None is returned unless it is an F1.
        seed: int, for the folds.
    """
    labels, sure = np.asarray(labels), np.asarray(probabilities, "float64")
    several = kind_of(labels) == "labels"
    if not objective.startswith("f1") or len(labels) < MIN_TEXTS:
        return None
    if not several:
        if both_columns(sure).shape[1] != 2:
            return None  # Of more classes the most probable one is predicted.
        sure = sure[:, -1:]
    moved = np.empty_like(sure)
    for learnt, held in KFold(FOLDS, shuffle=True, random_state=seed).split(labels):
        found = _best(labels[learnt], sure[learnt], objective)
        moved[held] = apply_thresholds(sure[held], found)
    before, elsewhere = (measure(labels, each, [objective])[objective] for each in (sure, moved))
    if elsewhere <= before:
        return None
    at = _best(labels, sure, objective)
    after = measure(labels, apply_thresholds(sure, at), [objective])[objective]
    return Thresholds(tuple(map(float, at)), objective, before, after)


def apply_thresholds(
    probabilities: np.ndarray, thresholds: Sequence[float] | np.ndarray
) -> np.ndarray:
    """Shifts probabilities `(texts, labels)` so that each threshold lies at 0.5.

        q = sigmoid(logit(p) - logit(threshold))

    For two classes, `(texts, 2)` stays `(texts, 2)`; the threshold is for the second class.

    Args:
        probabilities: `(texts, labels)`.
        thresholds: one for each label.
    """
    if probabilities.shape[1] == 2 and len(thresholds) == 1:
        return both_columns(apply_thresholds(probabilities[:, 1:], thresholds))
    bounded = np.clip(np.asarray(probabilities, "float64"), 1e-9, 1 - 1e-9)
    return expit(logit(bounded) - logit(np.clip(thresholds, 1e-6, 1 - 1e-6)))


def move_logits(model: keras.Model, moves: np.ndarray) -> None:
    """Subtracts `moves`, `(outputs,)`, from the logits of a model, by changing its weights.

    Raises:
        SpaceError: the model does not end in sigmoids.
    """
    last = model.layers[-1]
    activation = getattr(getattr(last, "activation", None), "__name__", "")
    if isinstance(last, ProbabilityAverage):
        last.move_logits(moves)
    elif isinstance(last, keras.layers.Dense) and activation == "sigmoid" and last.use_bias:
        last.bias.assign(keras.ops.convert_to_numpy(last.bias) - moves)
    else:
        raise SpaceError(
            f"The model ends in the layer '{last.name}' ({type(last).__name__}). A threshold needs "
            "a Dense layer with sigmoid and a bias at the end, or an ensemble's average."
        )


def threshold_for_f1(
    labels: np.ndarray, probabilities: np.ndarray, macro: bool = False
) -> tuple[float, float]:
    """Finds the threshold with the highest F1 for class 1 of two, and that F1.

        F1 = 2 TP / (2 TP + FP + FN),   answer 1 where p_1 >= threshold

    The threshold lies half-way between two probabilities that occur; of equal ones, the nearest
    to 0.5 is taken.

    Args:
        labels: 0 or 1, `(texts,)`.
        probabilities: `(texts, 2)`, or `(texts, 1)` for class 1.
        macro: the mean of both classes' F1 in place of that of class 1.

    Raises:
        SpaceError: there are more than two classes.

    Reference:
        Lipton et al. 2014, section 3, for a threshold where F1 is best.
        https://arxiv.org/abs/1402.1892
    """
    labels, probabilities = check_probabilities(labels, probabilities)
    if probabilities.shape[1] != 2:
        raise SpaceError(
            f"A threshold decides between two classes; got {probabilities.shape[1]}. For more, "
            "the answer is the most probable class."
        )
    order = np.argsort(-probabilities[:, 1], kind="stable")
    # Rank r answers 1 to the r surest texts; between 1 and the surest lies the answer 0 to all.
    falling = np.concatenate([[1.0], probabilities[order, 1], [0.0]])
    ones = np.concatenate([[0], np.cumsum(labels[order])])
    answered, texts, total = np.arange(len(labels) + 1), len(labels), ones[-1]
    scores = 2 * ones / np.maximum(answered + total, 1)
    if macro:
        zeros = (texts - answered) - (total - ones)
        scores = (scores + 2 * zeros / np.maximum(2 * texts - answered - total, 1)) / 2
    scores = np.where(falling[:-1] > falling[1:], scores, -1.0)  # Equal ones are not parted.
    thresholds = (falling[:-1] + falling[1:]) / 2
    best = scores >= scores.max() - 1e-12
    chosen = np.argmin(np.where(best, np.abs(thresholds - 0.5), np.inf))
    return float(thresholds[chosen]), float(scores[chosen])


def _best(labels: np.ndarray, sure: np.ndarray, objective: str) -> np.ndarray:
    """Finds the best thresholds on these texts, `(columns,)`."""
    if kind_of(labels) == "class":
        return np.array([threshold_for_f1(labels, sure, macro=True)[0]])
    if objective == "f1_micro":
        return np.full(sure.shape[1], threshold_for_f1(labels, sure)[0])
    columns = zip(labels.T, sure.T, strict=True)
    return np.array([threshold_for_f1(own, each[:, None])[0] for own, each in columns])
