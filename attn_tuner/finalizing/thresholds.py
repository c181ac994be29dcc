"""The probability from which an answer is given, where F1 counts: moved to one half.

found = chosen_thresholds(labels, probabilities, "f1_macro")     # on validation texts
move_logits(model, found.moves)                                  # the model itself
"""

from dataclasses import dataclass

import keras
import numpy as np
from scipy.special import expit, logit
from sklearn.model_selection import KFold

from attn_tuner.errors import SpaceError
from attn_tuner.finalizing.calibration import checked
from attn_tuner.layers.probability_average import ProbabilityAverage
from attn_tuner.metrics import both_columns, kind_of, measure

FOLDS = 5
FEWEST = 50  # Texts, below which a threshold fits chance.


@dataclass(frozen=True)
class Thresholds:
    """From where on a label is given, and what that changed on the validation texts.

    Args:
        at: probability, as calibrated, from which each label is given; of two classes one, for the
            second.
        objective: which F1.
        before, after: that F1 at one half and at these thresholds.
    """

    at: tuple[float, ...]
    objective: str
    before: float
    after: float

    @property
    def moves(self) -> np.ndarray:
        """(labels,) what the logits lose, so that one half stands where the threshold was."""
        return logit(np.clip(self.at, 1e-6, 1 - 1e-6))


def chosen_thresholds(labels, probabilities, objective: str, seed: int = 0) -> Thresholds | None:
    """The thresholds at which F1 is highest; None where they would not help on other texts.

    Each label has its own for macro F1, all have one together for micro F1. To be taken they must
    do better than one half on fifths of the texts that did not choose them.

    Args:
        labels: class numbers of two classes, `(texts,)`, or a 0/1 matrix, `(texts, labels)`.
        probabilities: `(texts, 2)`, `(texts, 1)` for class 1 of two, or `(texts, labels)`.
        objective: key of `measures.MEASURES`; only an F1 has thresholds.
        seed: of the fifths.
    """
    labels, sure = np.asarray(labels), np.asarray(probabilities, "float64")
    several = kind_of(labels) == "labels"
    if not objective.startswith("f1") or len(labels) < FEWEST:
        return None
    if not several:
        if both_columns(sure).shape[1] != 2:
            return None  # Of more classes the most probable one is the answer.
        sure = sure[:, -1:]
    moved = np.empty_like(sure)
    for learnt, held in KFold(FOLDS, shuffle=True, random_state=seed).split(labels):
        found = _best(labels[learnt], sure[learnt], objective)
        moved[held] = at_thresholds(sure[held], found)
    before, elsewhere = (measure(labels, each, [objective])[objective] for each in (sure, moved))
    if elsewhere <= before:
        return None
    at = _best(labels, sure, objective)
    after = measure(labels, at_thresholds(sure, at), [objective])[objective]
    return Thresholds(tuple(map(float, at)), objective, before, after)


def at_thresholds(probabilities: np.ndarray, thresholds) -> np.ndarray:
    """Probabilities `(texts, labels)` moved so that each threshold comes to lie at one half.

        q = sigmoid(logit(p) - logit(threshold))

    Of two classes `(texts, 2)` stays `(texts, 2)`, and the threshold is on the second.
    """
    if probabilities.shape[1] == 2 and len(thresholds) == 1:
        return both_columns(at_thresholds(probabilities[:, 1:], thresholds))
    bounded = np.clip(np.asarray(probabilities, "float64"), 1e-9, 1 - 1e-9)
    return expit(logit(bounded) - logit(np.clip(thresholds, 1e-6, 1 - 1e-6)))


def move_logits(model: keras.Model, moves: np.ndarray):
    """Takes `moves`, one for each output, off the model's logits, in its weights alone.

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
    """The threshold on class 1 of two at which F1 is highest, and that F1.

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
    labels, probabilities = checked(labels, probabilities)
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


def _best(labels, sure, objective) -> np.ndarray:
    """(columns,) the thresholds on these texts."""
    if kind_of(labels) == "class":
        return np.array([threshold_for_f1(labels, sure, macro=True)[0]])
    if objective == "f1_micro":
        return np.full(sure.shape[1], threshold_for_f1(labels, sure)[0])
    columns = zip(labels.T, sure.T, strict=True)
    return np.array([threshold_for_f1(own, each[:, None])[0] for own, each in columns])
