"""Computes what a report says of a classifier: confusions, curves, reliability, text lengths.

Throughout, `labels` are true classes, `(texts,)` int; `probabilities` are `(texts, classes)`; and
`classes` are the class names.
"""

from collections.abc import Sequence

import numpy as np
from sklearn import metrics

from attn_tuner.metrics import expected_calibration_error, interval

MAX_CONFUSION_CLASSES = 15
MAX_CURVES = 6
MAX_CURVE_POINTS = 80  # More than a screen shows.


def confusion(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> dict:
    """Computes the confusion matrix and the pairs of classes most often confused.

    Of many classes the most frequent have a row each, the others one row together.

    Returns:
        A dict with the keys `classes` (names of rows and columns), `counts` (true by predicted)
        and `confused` (up to five rows of truth, answer, texts).
    """
    answers = probabilities.argmax(axis=1)
    names, places = _confusion_rows(labels, classes)
    counts = np.zeros((len(names), len(names)), "int64")
    np.add.at(counts, (places[labels], places[answers]), 1)
    wrong = np.zeros((len(classes), len(classes)), "int64")
    np.add.at(wrong, (labels, answers), 1)
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:5]
    pairs = [divmod(int(place), len(classes)) for place in order]
    return {
        "classes": names,
        "counts": counts.tolist(),
        "confused": [
            {"truth": classes[row], "answer": classes[column], "texts": int(wrong[row, column])}
            for row, column in pairs
            if wrong[row, column]
        ],
    }


def per_class(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> list[dict]:
    """Computes precision, recall, F1 and number of texts of each class."""
    table = metrics.precision_recall_fscore_support(
        labels, probabilities.argmax(axis=1), labels=np.arange(len(classes)), zero_division=0
    )
    return [
        {
            "class": name,
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
            "texts": int(texts),
        }
        for name, precision, recall, f1, texts in zip(classes, *table, strict=True)
    ]


def roc_curves(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> list[dict]:
    """Computes one-vs-rest ROC curves: `x` false positive rate, `y` true positive rate, `area`."""
    curves = []
    for index in _curve_classes(labels, classes):
        truth, score = labels == index, probabilities[:, index]
        x, y, _ = metrics.roc_curve(truth, score)
        area = float(metrics.auc(x, y))
        curves.append({"class": classes[index], "area": area, **_thinned(x, y)})
    return curves


def precision_recall_curves(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> list[dict]:
    """Computes one-vs-rest curves: `x` recall, `y` precision, `area` the average precision."""
    curves = []
    for index in _curve_classes(labels, classes):
        truth, score = labels == index, probabilities[:, index]
        y, x, _ = metrics.precision_recall_curve(truth, score)
        area = float(metrics.average_precision_score(truth, score))
        curves.append({"class": classes[index], "area": area, **_thinned(x[::-1], y[::-1])})
    return curves


def reliability(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> dict:
    """Compares confidence and accuracy in bins; `error` is the expected calibration error."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    rows = []
    for place in range(bins):
        chosen = places == place
        if not chosen.any():
            continue
        texts, share = int(chosen.sum()), float(right[chosen].mean())
        mean = float(confidence[chosen].mean())
        low, high = interval(share, texts)
        rows.append({"confidence": mean, "right": share, "texts": texts, "low": low, "high": high})
    return {"bins": rows, "error": expected_calibration_error(labels, probabilities, bins)}


def accuracy_by_length(
    lengths: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, bins: int = 6
) -> list[dict]:
    """Computes the accuracy of short to long texts, in bins of about as many texts each.

    Args:
        lengths: `(texts,)` int, tokens.
        labels, probabilities: see above.
        bins: int, number of bins.

    Returns:
        A row for each bin: from, to (tokens), texts, right (accuracy), low, high (95 % interval).
    """
    lengths, right = np.asarray(lengths), probabilities.argmax(axis=1) == labels
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, bins + 1), method="higher"))
    places = np.clip(np.searchsorted(edges, lengths, side="left") - 1, 0, max(len(edges) - 2, 0))
    rows = []
    for place in np.unique(places):
        chosen = places == place
        share, texts = float(right[chosen].mean()), int(chosen.sum())
        low, high = interval(share, texts)
        rows.append(
            {
                "from": int(lengths[chosen].min()),
                "to": int(lengths[chosen].max()),
                "texts": texts,
                "right": share,
                "low": low,
                "high": high,
            }
        )
    return rows


def _confusion_rows(labels: np.ndarray, classes: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Returns the names of the rows, and for each class the index of its row."""
    if len(classes) <= MAX_CONFUSION_CLASSES:
        return list(classes), np.arange(len(classes))
    counts = np.bincount(labels, minlength=len(classes))
    chosen = np.sort(np.argsort(-counts, kind="stable")[: MAX_CONFUSION_CLASSES - 1])
    places = np.full(len(classes), MAX_CONFUSION_CLASSES - 1)
    places[chosen] = np.arange(len(chosen))
    others = f"{len(classes) - len(chosen)} others"
    return [*(classes[each] for each in chosen), others], places


def _curve_classes(labels: np.ndarray, classes: Sequence[str]) -> list[int]:
    """Chooses the classes with a curve: the second of two, else the most frequent ones."""
    counts = np.bincount(labels, minlength=len(classes))
    asked = [1] if len(classes) == 2 else np.argsort(-counts, kind="stable")[:MAX_CURVES]
    return sorted(int(each) for each in asked if 0 < counts[each] < len(labels))


def _thinned(x: np.ndarray, y: np.ndarray) -> dict:
    """Keeps at most `MAX_CURVE_POINTS` points of a curve, with both ends."""
    places = np.unique(
        np.linspace(0, len(x) - 1, min(MAX_CURVE_POINTS, len(x))).round().astype(int)
    )
    return {"x": np.round(x[places], 4).tolist(), "y": np.round(y[places], 4).tolist()}
