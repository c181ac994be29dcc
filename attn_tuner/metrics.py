"""Measures a model's answers against the true labels.

scikit-learn and SciPy are imported where something is measured: a run folder is read without them.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from attn_tuner.errors import DataError, UnknownName
from attn_tuner.registry import unknown

# By what the truth is: one class a text, several labels a text, a number, or several numbers.
MEASURES = {
    "class": {"accuracy": "max", "f1_macro": "max", "auc": "max", "log_loss": "min"},
    "labels": {
        "f1_micro": "max",
        "f1_macro": "max",
        "subset_accuracy": "max",
        "auc": "max",
        "log_loss": "min",
    },
    "number": {"rmse": "min", "mae": "min", "r2": "max"},
    # Several numbers a series, such as the next steps, or their quantiles.
    "numbers": {"mae": "min", "rmse": "min", "smape": "min", "pinball": "min"},
}
# The usual ones of a forecast of quantiles; the columns of a step, in this order. The pinball loss
# of other forecasts is averaged over them too.
QUANTILES = (0.1, 0.5, 0.9)
# Of written texts, see `sequence_search.evaluation`; chrF, BLEU and ROUGE from 0 to 100.
TEXT_MEASURES = {
    "exact_match": "max",
    "token_accuracy": "max",
    "chrf": "max",
    "bleu": "max",
    "rouge1": "max",
    "rouge2": "max",
    "rougeL": "max",
}
_OF_100 = ("chrf", "bleu", "rouge1", "rouge2", "rougeL")
OBJECTIVES = {
    name: way for each in (*MEASURES.values(), TEXT_MEASURES) for name, way in each.items()
}


def kind_of(labels: np.ndarray) -> str:
    """Kind of answer: "class" of integers, "labels" of a 0/1 matrix of integers, "number" of
    floats, one or several for each input."""
    labels = np.asarray(labels)
    if labels.dtype.kind == "f":
        return "number"
    return "labels" if labels.ndim == 2 else "class"


def measured_as(labels: np.ndarray) -> str:
    """Key of `MEASURES`: `kind_of`, but "numbers" where each input has several."""
    labels = np.asarray(labels)
    several = labels.ndim == 2 and kind_of(labels) == "number"
    return "numbers" if several else kind_of(labels)


def points_of(answers: np.ndarray, steps: int, levels: Sequence[float] = QUANTILES) -> np.ndarray:
    """Returns the one number that is forecast for each step: `(series, steps)`.

    Args:
        answers: `(series, steps)`, or `(series, steps * quantiles)`, of which the medians are
            taken.
        steps: int, numbers of a label.
        levels: of the quantiles, with 0.5 among them.
    """
    answers = np.asarray(answers)
    if answers.shape[1] == steps:
        return answers
    return quantiles_of(answers, levels)[:, :, list(levels).index(0.5)]


def quantiles_of(answers: np.ndarray, levels: Sequence[float] = QUANTILES) -> np.ndarray:
    """Returns answers `(series, steps * quantiles)` as `(series, steps, quantiles)`."""
    answers = np.asarray(answers)
    return answers.reshape(len(answers), -1, len(levels))


def both_columns(probabilities: np.ndarray) -> np.ndarray:
    """`(texts, 1)` probabilities of class 1 as `(texts, 2)`; others as they are."""
    probabilities = np.asarray(probabilities, "float64")
    if probabilities.shape[1] == 1:
        return np.concatenate([1 - probabilities, probabilities], axis=1)
    return probabilities


def columns_of(labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """A model's output as it is kept and averaged: a column a class, label or number."""
    return both_columns(answers) if kind_of(labels) == "class" else np.asarray(answers, "float64")


def measure(
    labels: np.ndarray,
    answers: np.ndarray,
    names: Iterable[str] | None = None,
    levels: Sequence[float] = (),
) -> dict[str, float]:
    """The measures of `MEASURES` that suit these labels.

    Of classes: accuracy, macro F1, ROC AUC (one against the rest) and log loss in nats. Of several
    labels a text: micro and macro F1 and the share of texts with all labels right, each at a
    probability of 0.5, the mean AUC of the labels, and the mean log loss of one label. Of numbers:
    the root of the mean squared error, the mean absolute error, and the share of the variance that
    is explained. Of several numbers the first two of the forecast or its median, their symmetric
    percentage error, and the mean pinball loss over the quantiles, for all of which a forecast
    without quantiles counts.

    Args:
        labels: class numbers `(texts,)`, a 0/1 matrix `(texts, labels)`, or floats, `(texts,)` or
            `(texts, numbers)`.
        answers: probabilities `(texts, classes)`, or `(texts, 1)` for class 1 of two;
            probabilities `(texts, labels)`; or numbers, `(texts, 1)` or `(texts, numbers)`, of
            quantiles `(texts, numbers * quantiles)`.
        names: which of them; all if not given.
        levels: of the quantiles of several numbers; `QUANTILES` if not given.
    """
    labels = np.asarray(labels)
    kind = measured_as(labels)
    answers = np.asarray(answers, "float64")
    if kind == "numbers":
        found = _of_several_numbers(labels, answers, levels or QUANTILES)
    else:
        ways = {"class": _of_classes, "labels": _of_labels, "number": _of_numbers}
        found = ways[kind](labels, answers)
    return {name: float(found[name]()) for name in (names or MEASURES[kind])}


def direction(objective: str) -> str:
    """ "max" or "min"; KerasTuner would guess "min" for some that should grow."""
    if objective not in OBJECTIVES:
        raise UnknownName(unknown("objective", objective, OBJECTIVES))
    return OBJECTIVES[objective]


def perfect(objective: str) -> float:
    """Returns the value of an objective, one that should grow, for a model without mistakes."""
    return 100.0 if objective in _OF_100 else 1.0


def sign_of(objective: str) -> int:
    """Returns 1 where a greater value of the objective is better, -1 where a smaller one is."""
    return 1 if direction(objective) == "max" else -1


def check_measurable(objective: str, labels: np.ndarray) -> None:
    """Raises DataError where no model's answers to these texts have a value of the objective."""
    if objective == "auc" and kind_of(labels) != "number":
        labels = np.asarray(labels)
        columns = labels if labels.ndim == 2 else labels[:, None] != labels[:1]
        if not (columns.any(axis=0) & ~columns.all(axis=0)).any():
            raise DataError(
                "The validation part has texts of one class only, on which 'auc' has no value. "
                "Give other validation data, or another objective."
            )


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


def expected_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = 15
) -> float:
    """Averages the gap between the confidence of answers and the share of them that is right.

        ECE = sum_b n_b / n |accuracy_b - confidence_b|

    Args:
        labels: `(texts,)` integers, the class of each text.
        probabilities: `(texts, classes)`, or `(texts, 1)` for class 1 of two.
        bins: int, equal ranges of the confidence, the probability of the answer.

    Reference:
        Guo et al. 2017, eq. 3. https://proceedings.mlr.press/v70/guo17a.html
    """
    probabilities = both_columns(probabilities)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == np.asarray(labels)
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(places, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def _of_classes(labels, probabilities):
    from sklearn import metrics

    probabilities = both_columns(probabilities)
    classes = np.arange(probabilities.shape[1])
    answers = probabilities.argmax(axis=1)
    bounded = np.clip(probabilities, 1e-7, 1)
    bounded /= bounded.sum(axis=1, keepdims=True)
    f1 = {"labels": classes, "average": "macro", "zero_division": 0}
    return {
        "accuracy": lambda: np.mean(answers == labels),
        "f1_macro": lambda: metrics.f1_score(labels, answers, **f1),
        "auc": lambda: _auc(labels, bounded),
        "log_loss": lambda: metrics.log_loss(labels, bounded, labels=classes),
    }


def _of_labels(labels, probabilities):
    from sklearn import metrics

    answers = probabilities >= 0.5
    truth = labels.astype(bool)
    bounded = np.clip(probabilities, 1e-7, 1 - 1e-7)
    losses = -np.log(np.where(truth, bounded, 1 - bounded))
    return {
        "f1_micro": lambda: metrics.f1_score(truth, answers, average="micro", zero_division=0),
        "f1_macro": lambda: metrics.f1_score(truth, answers, average="macro", zero_division=0),
        "subset_accuracy": lambda: (truth == answers).all(axis=1).mean(),
        "auc": lambda: _mean_auc(truth, probabilities),
        "log_loss": lambda: losses.mean(),
    }


def _of_numbers(labels, answers):
    from sklearn import metrics

    labels, answers = labels.astype("float64"), answers.reshape(len(labels))
    return {
        "rmse": lambda: np.sqrt(np.mean((labels - answers) ** 2)),
        "mae": lambda: np.abs(labels - answers).mean(),
        "r2": lambda: metrics.r2_score(labels, answers) if len(labels) > 1 else float("nan"),
    }


def _of_several_numbers(labels, answers, levels):
    labels = labels.astype("float64")
    off = points_of(answers, labels.shape[1], levels) - labels
    size = np.abs(labels) + np.abs(labels + off)
    return {
        "mae": lambda: np.abs(off).mean(),
        "rmse": lambda: np.sqrt(np.mean(off**2)),
        "smape": lambda: 100 * np.mean(2 * np.abs(off) / np.where(size > 0, size, 1.0)),
        "pinball": lambda: _pinball(labels, answers, levels),
    }


def _pinball(labels, answers, levels):
    """Averages the pinball loss over quantiles; see `series.forecast_errors.pinball_loss`."""
    single = answers.shape[1] == labels.shape[1]
    found = answers[:, :, None] if single else quantiles_of(answers, levels)
    above = labels[:, :, None] - found
    shares = np.array(levels)
    return np.maximum(shares * above, (shares - 1) * above).mean()


def _auc(labels, probabilities):
    present = np.unique(labels)
    if len(present) < 2:
        return float("nan")  # One class only: no pair to rank.
    if probabilities.shape[1] == 2:
        from sklearn import metrics

        return metrics.roc_auc_score(labels, probabilities[:, 1])
    return _aucs(labels[:, None] == present, probabilities[:, present]).mean()


def _mean_auc(truth, probabilities):
    """Of the labels that some texts have and others lack; NaN where there is none."""
    both = np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0))
    return _aucs(truth[:, both], probabilities[:, both]).mean() if len(both) else float("nan")


def _aucs(truth, scores):
    """The area under each column's curve, from ranks: hundreds of columns in one sort."""
    from scipy.stats import rankdata

    ranks = rankdata(scores, axis=0)
    positive = truth.sum(axis=0)
    least = positive * (positive + 1) / 2
    return ((ranks * truth).sum(axis=0) - least) / (positive * (len(truth) - positive))
