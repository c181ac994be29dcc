"""Calibrates probabilities by temperature scaling.

found = calibrate(labels, probabilities)          # on validation texts
set_temperature(model, found.temperature)         # changes the weights of the last layer
"""

from dataclasses import asdict, dataclass

import keras
import numpy as np
from scipy.optimize import minimize_scalar

from attn_tuner.errors import SpaceError
from attn_tuner.layers.probability_average import ProbabilityAverage
from attn_tuner.metrics import both_columns, expected_calibration_error

SHARPEST, FLATTEST = 0.1, 10.0


@dataclass(frozen=True)
class Calibration:
    """The effect of calibration on the validation texts.

    Args:
        temperature: float, divisor of the logits; above 1 for an overconfident model.
        error_before, error_after: float, expected calibration error.
        loss_before, loss_after: float, log loss in nats.
    """

    temperature: float
    error_before: float
    error_after: float
    loss_before: float
    loss_after: float

    def row(self) -> dict:
        """Returns the fields as a dict."""
        return asdict(self)


def calibrate(labels: np.ndarray, probabilities: np.ndarray) -> Calibration:
    """Finds the temperature with the lowest log loss.

        q_c = p_c^(1/t) / sum_j p_j^(1/t),   t = argmin of the mean of -log q_label

    That is what dividing logits by t does to their softmax or sigmoid. Predicted classes and
    accuracy do not change. The loss is convex in 1/t; t is searched from 0.1 to 10. Labels are
    smoothed by 1 / (n + 2) for the search, as by Platt, so that n right predictions do not make the
    model certain.

    Args:
        labels: class numbers, `(texts,)`, or a 0/1 matrix, `(texts, labels)`.
        probabilities: `(texts, classes)`, or `(texts, 1)` for class 1 of two.

    Reference:
        Guo et al. 2017, section 4.2. https://proceedings.mlr.press/v70/guo17a.html
        Platt 1999, "Probabilistic outputs for support vector machines", section 2.2.
    """
    labels, probabilities = check_probabilities(labels, probabilities)
    logits = np.log(np.clip(probabilities, 1e-7, 1))
    doubt = 1 / (len(labels) + 2)

    def loss(sharpness: float, doubt: float = 0.0) -> float:
        return _log_loss(labels, logits * sharpness, doubt)

    bounds = (1 / FLATTEST, 1 / SHARPEST)
    found = minimize_scalar(
        loss, bounds=bounds, args=(doubt,), method="bounded", options={"xatol": 1e-4}
    )
    # 1 changes nothing, and a bounded search finds a minimum at 1 only approximately.
    better = found.fun < loss(1.0, doubt) and loss(found.x) < loss(1.0)
    sharpness = float(found.x) if better else 1.0
    tempered = apply_temperature(probabilities, 1 / sharpness)
    return Calibration(
        temperature=1 / sharpness,
        error_before=expected_calibration_error(labels, probabilities),
        error_after=expected_calibration_error(labels, tempered),
        loss_before=loss(1.0),
        loss_after=loss(sharpness),
    )


def calibrated_loss(labels: np.ndarray, probabilities: np.ndarray, steps: int = 5) -> float:
    """Approximates the log loss at the best temperature, by a few steps of Newton's method.

    Fast enough to be called hundreds of times while an ensemble is selected.

    Args:
        labels, probabilities: as in `calibrate`.
        steps: int, Newton steps.
    """
    labels, probabilities = check_probabilities(labels, probabilities)
    logits = np.log(np.clip(probabilities, 1e-7, 1, dtype="float32"))
    logits -= logits.max(axis=1, keepdims=True)
    own = float(logits[np.arange(len(labels)), labels].mean(dtype="float64"))
    sharpness, least = 1.0, np.inf
    for _ in range(steps):
        powers = np.exp(sharpness * logits)
        total = powers.sum(axis=1)
        least = min(least, float(np.log(total).mean(dtype="float64")) - sharpness * own)
        first = (powers * logits).sum(axis=1) / total
        powers *= logits
        spread = (powers * logits).sum(axis=1) / total - first**2
        curvature = max(float(spread.mean(dtype="float64")), 1e-12)
        step = (float(first.mean(dtype="float64")) - own) / curvature
        near = max(sharpness / 2, min(sharpness - step, 2 * sharpness))
        near, last = max(1 / FLATTEST, min(near, 1 / SHARPEST)), sharpness
        if abs(near - last) < 0.01 * last:
            break  # The loss is flat there.
        sharpness = near
    return least


def apply_temperature(
    probabilities: np.ndarray, temperature: float, kind: str = "class"
) -> np.ndarray:
    """Computes the probabilities after dividing the logits by a temperature.

    Args:
        probabilities: `(texts, classes)`, or `(texts, labels)` for the kind "labels".
        temperature: float, above 0.
        kind: str, "labels" where each column is the sigmoid of a label of its own.
    """
    if kind == "labels":
        single = np.reshape(probabilities, (-1, 1))
        return apply_temperature(single, temperature)[:, 1].reshape(np.shape(probabilities))
    logits = np.log(np.clip(both_columns(probabilities), 1e-7, 1)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def set_temperature(model: keras.Model, temperature: float) -> None:
    """Divides the logits of a model by a temperature, by changing its weights.

    The last layer is a Dense with softmax or sigmoid, whose kernel and bias are divided, or the
    `ProbabilityAverage` of an ensemble. Two calls multiply for the former and replace for the
    latter; call it once.

    Raises:
        SpaceError: the model ends otherwise, or the temperature is not above 0.
    """
    if not temperature > 0:
        raise SpaceError(f"A temperature must be above 0; got {temperature!r}.")
    last = model.layers[-1]
    activation = getattr(getattr(last, "activation", None), "__name__", "")
    if isinstance(last, ProbabilityAverage):
        last.set_temperature(temperature)
    elif isinstance(last, keras.layers.Dense) and activation in ("softmax", "sigmoid"):
        last.set_weights([weight / temperature for weight in last.get_weights()])
    else:
        raise SpaceError(
            f"The model ends in the layer '{last.name}' ({type(last).__name__}). A temperature "
            "needs a Dense layer with softmax or sigmoid at the end, or an ensemble's average."
        )


def _log_loss(labels: np.ndarray, logits: np.ndarray, doubt: float = 0.0) -> float:
    """Computes the mean loss of labels smoothed by `doubt`."""
    top = logits.max(axis=1)
    losses = (np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top)[:, None] - logits
    own = losses[np.arange(len(labels)), labels]
    others = (losses.sum(axis=1) - own) / (logits.shape[1] - 1)
    return float(((1 - doubt) * own + doubt * others).mean())


def check_probabilities(
    labels: np.ndarray, probabilities: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Brings labels and probabilities to one form, and checks that they belong together.

    Args:
        labels, probabilities: as in `calibrate`.

    Returns:
        Labels `(n,)` and probabilities `(n, classes)`; of several labels a text, each is a row.

    Raises:
        SpaceError: there are no labels, or another number of probabilities.
    """
    labels = np.asarray(labels)
    if labels.ndim == 2:  # Each label of a text is a yes or no of its own.
        labels, probabilities = labels.ravel().astype("int64"), np.reshape(probabilities, (-1, 1))
    probabilities = both_columns(probabilities)
    if not len(labels) or len(labels) != len(probabilities):
        raise SpaceError(
            f"Calibration needs a label for each text; got {len(labels)} labels and "
            f"{len(probabilities)} rows of probabilities."
        )
    return labels, probabilities
