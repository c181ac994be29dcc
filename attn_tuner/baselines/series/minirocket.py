"""MiniRocket and ridge: random convolutions of a series, and a linear model of what they find."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax

from attn_tuner.baselines.baselines import Baseline, measured_baseline
from attn_tuner.baselines.series.equal_lengths import WAYS, with_length
from attn_tuner.baselines.series.random_convolutions import (
    LENGTH,
    RandomConvolutions,
    WholeNumbers,
    fit_convolutions,
)
from attn_tuner.baselines.series.ridge import Ridge, fit_ridge
from attn_tuner.metrics import kind_of
from attn_tuner.storage.trial_record import MINIROCKET_NAME

FEATURES = 10_000
MOST_SERIES = 4_000  # The decomposition of so many takes half a minute.
MOST_STEPS = 2_000  # Longer series are stretched, or cut, to these.
RIDGE_SECONDS = 5e-10  # To decompose, times the cube of the number of series.
RIDGE_SHARE = 1 / 3  # Of a time limit, for the decomposition.
_CHUNK = 200  # Series that are transformed between two looks at the clock.
_SCALES = (-3.0, 2.0)  # Natural logarithms of the factor of the decision values, which are -1 to 1.


class StoredSeries(Protocol):
    """Series of one part by index, with their labels."""

    @property
    def labels(self) -> np.ndarray: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> np.ndarray: ...


class MiniRocketRidge:
    """Counts how often convolutions with fixed kernels exceed a bias, and fits ridge to the shares.

        x = `RandomConvolutions` of the series in `WholeNumbers`
        z = x W + c
        p = softmax(a z) for classes, sigmoid(a z) for labels, z for numbers

    Ridge learns +1 for the class of a series and -1 for the others; its penalty and the factor a
    minimise the error and the log loss of leaving one out. In the place of a missing value stands
    the last one before it. Series of unlike length are stretched or padded to the longest of
    training, whichever has the smaller error; see `equal_lengths.with_length`.

    Args:
        features: int, number of features x.
        seed: int, for the biases and the features that a kernel reads.

    Reference:
        Dempster et al. 2021, sections 3.1 and 3.2. https://arxiv.org/abs/2012.08791
    """

    def __init__(self, features: int = FEATURES, seed: int = 0):
        self._features, self._seed = features, seed

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
        labels = np.asarray(labels)
        self.kind = kind_of(labels)
        lengths = [len(each) for each in series]
        self.steps = min(max(LENGTH, *lengths), MOST_STEPS)
        ways = WAYS if any(each != self.steps for each in lengths) else WAYS[:1]
        seconds = None if seconds is None else seconds / len(ways)
        most = MOST_SERIES if seconds is None else _most_series(seconds)
        order = np.random.default_rng(self._seed).permutation(len(labels))[:most]
        self.whole = WholeNumbers.fit([series[row] for row in order])
        chosen = [self.whole(series[row]) for row in order]
        fits = [self._fit(way, chosen, labels[order], classes, seconds) for way in ways]
        self.way, self.convolutions, self.centre, self.ridge, self.series = min(
            fits, key=lambda fit: fit[3].error
        )
        self._given, self._order = len(labels), order[: self.series]
        self.scale = _scale(self.kind, self.ridge, labels[self._order])
        return self

    def __call__(self, series: Sequence[np.ndarray]) -> np.ndarray:
        """Predicts `(series, classes)` probabilities, or `(series, 1)` numbers."""
        values = with_length([self.whole(each) for each in series], self.steps, self.way)
        return self._answers(self.ridge(self.convolutions(values)))

    def held_out(self) -> np.ndarray:
        """Returns the answers to the training series, each of a ridge regression without it.

        Returns:
            `(series, columns)`; NaN for those that were not read.
        """
        answers = self._answers(self.ridge.held_out)
        found = np.full((self._given, answers.shape[1]), np.nan)
        found[self._order] = answers
        return found

    def _answers(self, values: np.ndarray) -> np.ndarray:
        scaled = self.scale * values
        if self.kind == "number":
            return scaled
        return softmax(scaled, axis=1) if self.kind == "class" else expit(scaled)

    def learnt(self) -> dict[str, Any]:
        """Returns the arguments of `layers.minirocket.minirocket_model`, arrays by name."""
        weights, bias = self.scale * self.ridge.weights, self.scale * self.ridge(self.centre)
        answers = {"class": "softmax", "labels": "sigmoid", "number": "linear"}[self.kind]
        if self.kind == "class" and weights.shape[1] == 2:  # Models of two classes give the second.
            weights, bias, answers = np.diff(weights), np.diff(bias), "sigmoid"
        return {
            **self.convolutions.arrays(),
            "steps": self.steps,
            "way": self.way,
            "factor": self.whole.factor,
            "middle": self.whole.middle,
            "centre": self.centre,
            "weights": weights.astype("float32"),
            "bias": bias.astype("float32"),
            "answers": answers,
        }

    def _fit(
        self,
        way: str,
        series: Sequence[np.ndarray],
        labels: np.ndarray,
        classes: int,
        seconds: float | None,
    ) -> tuple[str, RandomConvolutions, np.ndarray, Ridge, int]:
        until = None if seconds is None else time.monotonic() + (1 - RIDGE_SHARE) * seconds
        values = with_length(series, self.steps, way)
        random = np.random.default_rng(self._seed)
        convolutions = fit_convolutions(values, self._features, random)
        rows = [convolutions(values[:_CHUNK])]
        for start in range(_CHUNK, len(values), _CHUNK):
            if until is not None and time.monotonic() > until:
                break
            rows.append(convolutions(values[start : start + _CHUNK]))
        rows = np.concatenate(rows)
        targets = _targets(self.kind, labels[: len(rows)], classes)
        return way, convolutions, rows.mean(axis=0), fit_ridge(rows, targets), len(rows)


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
    """
    begun = time.monotonic()
    model = MiniRocketRidge(seed=seed)
    model.fit([training[row] for row in range(len(training))], training.labels, classes, seconds)
    answers = {role: model([part[row] for row in range(len(part))]) for role, part in parts.items()}
    facts = f"{model.convolutions.size:,} features, ridge, alpha={model.ridge.penalty:g}"
    if model.series < len(training):
        facts += f", fitted on {model.series:,} of {len(training):,} series"
    spent = time.monotonic() - begun
    found = measured_baseline(MINIROCKET_NAME, facts, parts, answers, spent, model.learnt())
    return replace(found, held_out=model.held_out())


def _most_series(seconds: float) -> int:
    """Returns how many series can be decomposed in a share of the time."""
    return min(MOST_SERIES, max(_CHUNK, int((RIDGE_SHARE * seconds / RIDGE_SECONDS) ** (1 / 3))))


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
