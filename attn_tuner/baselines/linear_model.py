"""A linear model of n-grams: weights them, and fits a regression."""

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression, Ridge

from attn_tuner.baselines.folds import Fold, cross_validation_folds
from attn_tuner.baselines.penalties import (
    DEFAULT_INDEX,
    MOST_KEPT,
    PENALTIES,
    Way,
    better_rows,
    choose_penalty,
)
from attn_tuner.metrics import kind_of

MAX_ONE_VS_REST = 20  # Classes; with more, one softmax is fitted for all of them.
SAGA_EPOCHS = 15  # The validation accuracy stops rising after about ten.
WARM_EPOCHS = 5  # From the weights of another penalty, or of a part of the texts.
PROBE_TEXTS = 2_000  # Texts of the first fit, which is timed to predict the time of others.
MOST_FITS = 30  # Of two weightings with a few penalties, each on three folds.
SMOOTHING = 1.0  # Added to the count of each n-gram inside and outside a class.
NEVER = -np.inf  # Bias of a class that no training text has; -NEVER where all have it.


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A fitted linear model.

        z = x W + b;   sigmoid(z), normalised to sum 1 over the classes, or z itself for a number

    With `jointly`, the probabilities are softmax(z).

    Args:
        kind: key of `metrics.MEASURES`.
        weights: (columns, outputs) float; one output for two classes, that of the second.
        bias: (outputs,) float; infinite for a class or label that no text has, or all have.
        weighting: str, key of `WEIGHTINGS`, or `BOTH`.
        penalty: float, C of the regression.
        jointly: bool, whether one softmax was fitted for all classes.
        texts: int, number of texts it was fitted on.
    """

    kind: str
    weights: np.ndarray
    bias: np.ndarray
    weighting: str
    penalty: float
    jointly: bool = False
    texts: int = 0

    def __call__(self, rows: sparse.csr_matrix) -> np.ndarray:
        """Predicts `(texts, columns)`, one column per class."""
        found = rows @ self.weights + self.bias
        if self.kind == "number":
            return found
        if self.jointly:
            return softmax(found, axis=1)
        found = expit(found)
        if self.kind == "labels":
            return found
        if found.shape[1] == 1:
            return np.concatenate([1 - found, found], axis=1)
        return found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12)


def fit_linear_model(
    rows: sparse.csr_matrix,
    labels: np.ndarray,
    classes: int,
    seed: int = 0,
    seconds: float | None = None,
    weights: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    others: sparse.csr_matrix | None = None,
    beside: int = 0,
) -> LinearModel:
    """Fits logistic regression; cross-validation chooses its penalty and the weighting of n-grams.

    With the weighting "ratios" the row x of a text becomes x * r, where r compares the frequency of
    an n-gram g in the N texts of a class with that in the M others:

        r_g = log((1 + N_g) / (|columns| + sum N_g)) - log((1 + M_g) / (|columns| + sum M_g))

    so that discriminative n-grams are penalised less. With "both", one regression is fitted with
    the ratios and one without, and their log odds are averaged, which is one regression again. Up
    to `MAX_ONE_VS_REST` classes, and several labels, are fitted one against the rest. More classes
    are fitted by one softmax with SAGA, without weighting, as its time does not grow with a fit per
    class; only the first fit of a fold starts from zero. Numbers are fitted by ridge regression.

    Args:
        rows: (texts, columns) sparse, TF-IDF.
        labels: (texts, ...).
        classes: int, number of classes or labels.
        seed: int, for the cross-validation folds.
        seconds: float, time limit. With little time, cross-validation uses fewer texts and
            penalties, and the final fit fewer texts.
        weights: (texts,) float, weight of each text in the fits; the scores that choose a penalty
            count every text once.
        groups, times: (texts,), of each text; see `folds.cross_validation_folds`.
        others: further rows of the same texts, taken where they score better; a time limit is
            doubled for them.
        beside: int, how many columns of the rows, the last ones, are no n-grams; they are not
            weighted.

    Reference:
        Wang & Manning 2012, eq. 1, for r. https://aclanthology.org/P12-2018
        Defazio et al. 2014, SAGA. https://arxiv.org/abs/1407.0202
    """
    labels = np.asarray(labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    joint = _is_joint(kind_of(labels), classes)
    unweighted = kind_of(labels) == "number" or joint
    ways = [Way(rows, each) for each in ((PLAIN,) if unweighted else (*WEIGHTINGS, BOTH))]
    fitted = _Fits(labels, classes, seed, weights, beside)
    until = pace = None

    def warm(rows: sparse.csr_matrix) -> float:
        kept = joint and rows.shape[1] * classes <= MOST_KEPT  # Else every fit starts from zero.
        return WARM_EPOCHS / SAGA_EPOCHS if kept else 1.0

    def divided(kept: np.ndarray) -> list[Fold]:
        beside = (None if each is None else each[kept] for each in (groups, times))
        return cross_validation_folds(labels[kept], seed, *beside)

    if seconds is not None:
        begun, probed = time.monotonic(), order[:PROBE_TEXTS]
        fitted(probed, ways[0], PENALTIES[DEFAULT_INDEX])
        until = begun + seconds
        pace = max(time.monotonic() - begun, 1e-6) / max(len(probed), 1)
    chosen = choose_penalty(fitted, labels, ways, divided, order, until, pace, warm(rows))
    if chosen and others is not None:
        slower = pace
        if until is not None:  # A fit takes as long as its rows have numbers.
            until, slower = until + seconds, pace * others.nnz / max(rows.nnz, 1)
        chosen = better_rows(chosen, others, fitted, labels, until, slower, warm(others))
        pace = pace if chosen.way.rows is rows else slower
    final = (
        (chosen.way, chosen.penalty, chosen.judged.models[0])
        if chosen
        else (ways[0], PENALTIES[DEFAULT_INDEX], None)
    )
    if until is None:
        return fitted(None, *final)
    # On a busy machine, exceeding the limit is better than a model of a few texts.
    left = max(until - time.monotonic(), 2 * seconds)
    pace *= len(WEIGHTINGS) if final[0].weighting == BOTH else 1.0
    pace *= warm(final[0].rows) if chosen else 1.0
    many = max(PROBE_TEXTS, int(left / pace))
    return fitted(order[:many] if many < len(labels) else None, *final)


class _Fits:
    """Fits regressions to some or all of the texts; keeps small ones, for the mean of "both".

    Args:
        labels, classes, seed, weights, beside: as in `fit_linear_model`.
    """

    def __init__(
        self,
        labels: np.ndarray,
        classes: int,
        seed: int,
        weights: np.ndarray | None,
        beside: int,
    ):
        self.labels, self.weights = labels, weights
        self.facts = {"classes": classes, "seed": seed, "beside": beside}
        self._known: dict[tuple, tuple[LinearModel, Any]] = {}

    def __call__(
        self, kept: np.ndarray | None, way: Way, penalty: float, start: LinearModel | None = None
    ) -> LinearModel:
        """Fits to the texts at these places, or to all."""
        if way.weighting == BOTH:
            return _mean([self(kept, Way(way.rows, each), penalty) for each in WEIGHTINGS])
        key = id(kept), id(way.rows), way.weighting, penalty
        if key in self._known:
            return self._known[key][0]
        rows, labels, own = way.rows, self.labels, self.weights
        if kept is not None:
            rows, labels, own = rows[kept], labels[kept], own if own is None else own[kept]
        given = {"weighting": way.weighting, "penalty": penalty, "weights": own, "start": start}
        model = fit_regression(rows, labels, **self.facts, **given)
        if not model.jointly and model.weights.size <= MOST_KEPT / MOST_FITS:
            self._known[key] = model, (kept, way)  # They live as long: an ID stands for one object.
        return model


def _mean(models: Sequence[LinearModel]) -> LinearModel:
    """Returns the model whose log odds are the mean of those of others with the same columns."""
    weights, bias = (
        np.mean([getattr(each, name) for each in models], axis=0) for name in ("weights", "bias")
    )
    return replace(models[0], weights=weights, bias=bias, weighting=BOTH)


def _plain(rows: sparse.csr_matrix, target: np.ndarray) -> np.ndarray | float:
    return 1.0


def _ratios(rows: sparse.csr_matrix, target: np.ndarray) -> np.ndarray:
    """Computes log-count ratios of n-grams, target class against all others: (columns,)."""
    there = rows.astype(bool)
    with_it, without = (
        SMOOTHING + np.asarray(there[chosen].sum(axis=0)).ravel() for chosen in (target, ~target)
    )
    return np.log(with_it / with_it.sum()) - np.log(without / without.sum())


PLAIN, BOTH = "plain", "both"
WEIGHTINGS: dict[str, Callable] = {PLAIN: _plain, "ratios": _ratios}


def fit_regression(
    rows: sparse.csr_matrix,
    labels: np.ndarray,
    classes: int,
    weighting: str,
    penalty: float,
    seed: int = 0,
    weights: np.ndarray | None = None,
    *,
    start: LinearModel | None = None,
    beside: int = 0,
) -> LinearModel:
    """Fits one regression, with a weighting and penalty that were chosen before.

    Args:
        rows, labels, classes, seed, weights, beside: as in `fit_linear_model`.
        weighting: str, key of `WEIGHTINGS`, or `BOTH`.
        penalty: float, C of the regression.
        start: model of the same columns, from whose weights a softmax over many classes is fitted
            in a third of the epochs; other regressions do not take it.
    """
    kind = kind_of(labels)
    if weighting == BOTH:
        given = (penalty, seed, weights)
        each = [
            fit_regression(rows, labels, classes, one, *given, beside=beside) for one in WEIGHTINGS
        ]
        return _mean(each)
    if kind == "number":
        model = Ridge(alpha=1 / penalty, solver="sparse_cg").fit(rows, labels, weights)
        columns = [(np.ravel(model.coef_), np.ravel(model.intercept_)[0])]
    elif _is_joint(kind, classes):
        fitted = _fit_softmax(rows, labels, classes, penalty, seed, weights, start)
        return LinearModel(kind, *fitted, weighting, penalty, True, len(labels))
    else:
        targets = _targets(labels, classes)
        columns = [
            _fit_one_vs_rest(rows, each, weighting, penalty, seed, weights, beside)
            for each in targets
        ]
    coefficients, bias = zip(*columns, strict=True)
    stacked = np.stack(coefficients, axis=1), np.array(bias)
    return LinearModel(kind, *stacked, weighting, penalty, False, len(labels))


def _targets(labels: np.ndarray, classes: int) -> Iterator[np.ndarray]:
    """Yields for each output the bool mask of its texts."""
    if kind_of(labels) == "labels":
        yield from labels.T.astype(bool)
    elif classes == 2:
        yield labels == 1
    else:
        yield from (labels == number for number in range(classes))


def _fit_one_vs_rest(
    rows: sparse.csr_matrix,
    target: np.ndarray,
    weighting: str,
    penalty: float,
    seed: int,
    weights: np.ndarray | None,
    beside: int,
) -> tuple[np.ndarray, float]:
    """Fits weights and bias of one output."""
    if target.all() or not target.any():
        return np.zeros(rows.shape[1]), -NEVER if target.all() else NEVER
    scale = WEIGHTINGS[weighting](rows, target)
    if beside and np.ndim(scale):
        scale[-beside:] = 1.0
    # On rows this sparse, the dual solver takes a tenth of the time of lbfgs.
    model = LogisticRegression(
        C=penalty, solver="liblinear", dual=True, tol=1e-2, max_iter=2_000, random_state=seed
    )
    scaled = rows if np.ndim(scale) == 0 else rows @ sparse.diags(scale)
    model.fit(scaled, target, weights)
    return model.coef_[0] * scale, float(model.intercept_[0])


def _is_joint(kind: str, classes: int) -> bool:
    return kind == "class" and classes > MAX_ONE_VS_REST


def _fit_softmax(
    rows: sparse.csr_matrix,
    labels: np.ndarray,
    classes: int,
    penalty: float,
    seed: int,
    sample_weight: np.ndarray | None,
    start: LinearModel | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Fits one softmax over all classes: weights (columns, classes) and bias (classes,)."""
    weights, bias = np.zeros((rows.shape[1], classes), rows.dtype), np.full(classes, NEVER)
    there = np.unique(labels)
    if len(there) < 2:
        bias[there] = 0.0
        return weights, bias
    several = len(there) > 2  # Two classes have one column, the log odds of the second.
    model = LogisticRegression(C=penalty, solver="saga", max_iter=SAGA_EPOCHS, random_state=seed)
    if start is not None and several and np.isfinite(start.bias[there]).all():
        model.set_params(max_iter=WARM_EPOCHS, warm_start=True)
        model.coef_ = np.ascontiguousarray(start.weights[:, there].T)
        model.intercept_ = start.bias[there].astype(rows.dtype)
    with warnings.catch_warnings():
        # It stops before convergence, which would not improve the validation score.
        warnings.simplefilter("ignore", UserWarning)
        model.fit(rows, labels, sample_weight)
    weights[:, there if several else there[1:]] = model.coef_.T
    bias[there] = model.intercept_ if several else [0.0, model.intercept_[0]]
    return weights, bias
