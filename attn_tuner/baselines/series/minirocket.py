"""MiniRocket and ridge: random convolutions of a series, and a linear model of what they find."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax

from attn_tuner.baselines.baselines import Baseline
from attn_tuner.baselines.series.equal_lengths import WAYS, with_length
from attn_tuner.baselines.series.ridge import Ridge, fit_ridge
from attn_tuner.errors import need
from attn_tuner.metrics import kind_of, measure
from attn_tuner.storage.trial_record import MINIROCKET_NAME

KERNELS = 10_000
LEAST_STEPS = 9  # A kernel has 9 weights.
MOST_SERIES = 4_000  # The decomposition of so many takes half a minute.
_CHUNK = 200  # Series that are transformed between two looks at the clock.
_SCALES = (-3.0, 6.0)  # Natural logarithms of the factor of the decision values.


class StoredSeries(Protocol):
    """Series of one part by index, with their labels."""

    labels: np.ndarray

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> np.ndarray: ...


class MiniRocketRidge:
    """Counts how often convolutions with fixed kernels exceed a bias, and fits ridge to the shares.

        x_kd = mean_t [ (w_k *_d s)_t > b_kd ]        84 kernels w of length 9, dilations d
        z    = x W + c
        p    = softmax(a z) for classes, sigmoid(a z) for labels, z for numbers

    Ridge learns +1 for the class of a series and -1 for the others; its penalty and the factor a
    minimise the error and the log loss of leaving one out. Series of unlike length are stretched or
    padded to the longest of training, whichever has the smaller error.

    Args:
        kernels: int, number of features x.
        seed: int, for the biases and the features that a kernel reads.

    Raises:
        MissingExtra: aeon is not installed.

    Reference:
        Dempster et al. 2021, sections 3.1 and 3.2. https://arxiv.org/abs/2012.08791
    """

    def __init__(self, kernels: int = KERNELS, seed: int = 0):
        need("aeon", "series")
        module: Any = need("aeon.transformations.collection.convolution_based", "series")
        self._make = lambda: module.MiniRocket(n_kernels=kernels, random_state=seed, n_jobs=1)
        self._seed = seed

    def fit(
        self,
        series: Sequence[np.ndarray],
        labels: np.ndarray,
        classes: int,
        seconds: float | None = None,
    ) -> "MiniRocketRidge":
        """Learns from series with their labels.

        Args:
            series: `(steps, features)` arrays, NaN where a value is missing.
            labels: as of `metrics.measure`.
            classes: int, number of classes or labels.
            seconds: time after which no further series are read; None for no limit.
        """
        until = None if seconds is None else time.monotonic() + seconds
        labels = np.asarray(labels)
        order = np.random.default_rng(self._seed).permutation(len(labels))[:MOST_SERIES]
        chosen = [series[row] for row in order]
        self.kind = kind_of(labels)
        self.steps = max(LEAST_STEPS, *(len(each) for each in series))
        unlike = any(len(each) != self.steps for each in chosen)
        fits = [self._fit(way, chosen, labels[order], classes, until) for way in WAYS[: 1 + unlike]]
        self.way, self._transform, self.ridge, self.series = min(fits, key=lambda fit: fit[2].error)
        self.scale = _scale(self.kind, self.ridge, labels[order[: self.series]])
        return self

    def __call__(self, series: Sequence[np.ndarray]) -> np.ndarray:
        """Predicts `(series, classes)` probabilities, or `(series, 1)` numbers."""
        values = self.ridge(
            _transformed(self._transform, with_length(series, self.steps, self.way))
        )
        if self.kind == "number":
            return values
        return (
            softmax(self.scale * values, 1) if self.kind == "class" else expit(self.scale * values)
        )

    def _fit(self, way, series, labels, classes, until) -> tuple[str, Any, Ridge, int]:
        values = with_length(series, self.steps, way)
        transform = self._make()
        transform.fit(_as_aeon(values))
        rows = [_transformed(transform, values[:_CHUNK])]
        for start in range(_CHUNK, len(values), _CHUNK):
            if until is not None and time.monotonic() > until:
                break
            rows.append(_transformed(transform, values[start : start + _CHUNK]))
        rows = np.concatenate(rows)
        targets = _targets(self.kind, labels[: len(rows)], classes)
        return way, transform, fit_ridge(rows, targets), len(rows)


def minirocket_baseline(
    training: StoredSeries,
    parts: Mapping[str, StoredSeries],
    classes: int,
    seed: int = 0,
    seconds: float | None = None,
) -> Baseline:
    """Fits MiniRocket and ridge, and measures them.

    Args:
        training: series and labels of the training part.
        parts: of "validation", and "test" if there is one.
        classes: int, number of classes.
        seed: int, for the kernels.
        seconds: time limit for reading the training series; None for no limit.

    Raises:
        MissingExtra: aeon is not installed.
    """
    begun = time.monotonic()
    model = MiniRocketRidge(seed=seed)
    model.fit([training[row] for row in range(len(training))], training.labels, classes, seconds)
    answers = {role: model([part[row] for row in range(len(part))]) for role, part in parts.items()}
    measured = {role: measure(part.labels, answers[role]) for role, part in parts.items()}
    features, penalty = len(model.ridge.weights), model.ridge.penalty
    facts = f"MiniRocket, {features:,} features; ridge, alpha={penalty:g}"
    if model.series < len(training):
        facts += f", fitted on {model.series:,} of {len(training):,} series"
    scores = measured["validation"], measured.get("test", {})
    return Baseline(MINIROCKET_NAME, facts, *scores, time.monotonic() - begun, answers)


def _as_aeon(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.swapaxes(values, 1, 2))  # (series, features, steps)


def _transformed(transform: Any, values: np.ndarray) -> np.ndarray:
    return np.asarray(transform.transform(_as_aeon(values)), "float32")


def _targets(kind: str, labels: np.ndarray, classes: int) -> np.ndarray:
    if kind == "number":
        return labels[:, None]
    truth = labels if kind == "labels" else labels[:, None] == np.arange(classes)
    return np.where(truth, 1.0, -1.0)


def _scale(kind: str, ridge: Ridge, labels: np.ndarray) -> float:
    """Returns the factor of the decision values that minimises the held-out log loss."""
    if kind == "number":
        return 1.0
    values = ridge.held_out

    def loss(logarithm: float) -> float:
        scaled = np.exp(logarithm) * values
        if kind == "class":
            return -float(np.mean(log_softmax(scaled, axis=1)[np.arange(len(labels)), labels]))
        return float(np.mean(np.logaddexp(0.0, np.where(labels, -scaled, scaled))))

    return float(np.exp(minimize_scalar(loss, bounds=_SCALES, method="bounded").x))
