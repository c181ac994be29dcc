"""A linear model of n-grams: how it counts and weighs them, and what it learns."""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression, Ridge

from attn_tuner.baselines.penalties import PENALTIES, USUAL, chosen
from attn_tuner.metrics import kind_of
from attn_tuner.text.ngram_hashing import BUCKETS, MOST_COUNTED, next_bucket

MANY = 20  # Classes from which on they are told apart together, not one against the rest.
PASSES = 15  # Of SAGA over the texts; the held out accuracy stands still after about ten.
PROBED = 2_000  # Texts whose fit tells what others will take.
SMOOTHING = 1.0  # Occurrences of each n-gram that are taken for granted on both sides.
NEVER = -np.inf  # The bias of an answer that no training text has; its opposite, that all have.


def count_ngrams(store, order: int, buckets: int = BUCKETS) -> sparse.csr_matrix:
    """How often each n-gram of 1 to `order` tokens stands in each text, 8 times at most.

    Shapes:
        `(texts, columns)`; one column a token id, then `buckets` for the longer n-grams.
    """
    ids = np.asarray(store.ids, "int64")
    offsets = np.asarray(store.offsets, "int64")
    lengths = np.diff(offsets)
    words = int(store.vocabulary_size)
    row = np.repeat(np.arange(len(lengths)), lengths)
    to_end = np.repeat(offsets[1:], lengths) - np.arange(len(ids))
    rows, columns = [row], [ids]
    bucket = ids
    for length in range(2, order + 1):
        whole = to_end >= length
        following = np.zeros_like(ids)
        following[: len(ids) - length + 1] = ids[length - 1 :]
        bucket = next_bucket(bucket, following, length)
        rows.append(row[whole])
        columns.append(words + bucket[whole] % buckets)
    row, column = np.concatenate(rows), np.concatenate(columns)
    counts = np.ones(len(row), "float32")
    shape = (len(lengths), words + buckets)
    found = sparse.coo_matrix((counts, (row, column)), shape=shape).tocsr()
    found.data = np.minimum(found.data, MOST_COUNTED)
    return found


@dataclass(frozen=True, eq=False)
class Linear:
    """A fitted linear model.

        z = x W + b;   sigmoid(z), brought to sum to 1 over the classes, or z itself for a number

    Of classes that were told apart together the answers are softmax(z).

    Args:
        kind: key of `measures.MEASURES`.
        weights: (columns, outputs); one output for two classes, that of the second.
        bias: (outputs,), infinite for a class or label that no text has, or every one.
        weighting: key of `WEIGHTINGS`.
        penalty: C of the regression.
        jointly: whether the classes were told apart together.
        texts: how many it was fitted on.
    """

    kind: str
    weights: np.ndarray
    bias: np.ndarray
    weighting: str
    penalty: float
    jointly: bool = False
    texts: int = 0

    def __call__(self, rows: sparse.csr_matrix) -> np.ndarray:
        """Answers `(texts, columns)`, for classes one column each."""
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


def fit(rows, labels, classes: int, seed: int = 0, seconds: float | None = None) -> Linear:
    """Logistic regression, its penalty and the weighting of n-grams by cross-validation.

    With the weighting "ratios" the row x of a text becomes x * r, where of N texts of a class and
    M others r says how much more often an n-gram g is in the former:

        r_g = log((1 + N_g) / (|columns| + sum N_g)) - log((1 + M_g) / (|columns| + sum M_g))

    so that the penalty is lenient to n-grams that tell classes apart. Up to `MANY` classes, and
    several labels, are told apart one against the rest; more classes together, without weighting,
    by SAGA, whose time does not grow with a separate fit for each of them. Numbers are fitted by
    ridge regression.

    Args:
        rows: (texts, columns) TF-IDF.
        labels: (texts, ...).
        classes: number of classes or labels.
        seed: of the folds.
        seconds: by when it should be done. Cross-validation goes as far as this allows, on fewer
            texts and penalties; where the fit itself is longer, it is one of fewer texts.

    Reference:
        Wang & Manning 2012, eq. 1, for r. https://aclanthology.org/P12-2018
        Defazio et al. 2014, SAGA. https://arxiv.org/abs/1407.0202
    """
    labels = np.asarray(labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    usual = next(iter(WEIGHTINGS)), PENALTIES[USUAL]
    until = pace = None

    def fitted(kept, weighting, penalty):
        part = (rows, labels) if kept is None else (rows[kept], labels[kept])
        return _fitted(*part, classes, weighting, penalty, seed)

    if seconds is not None:
        begun, probed = time.monotonic(), order[:PROBED]
        fitted(probed, *usual)
        until = begun + seconds
        pace = max(time.monotonic() - begun, 1e-6) / max(len(probed), 1)
    unweighted = kind_of(labels) == "number" or _jointly(kind_of(labels), classes)
    ways = list(WEIGHTINGS)[: 1 if unweighted else None]
    best = chosen(fitted, rows, labels, ways, seed, order, until, pace) or usual
    if until is None:
        return fitted(None, *best)
    # Late on a busy machine is better than a model of a few texts.
    left = max(until - time.monotonic(), 2 * seconds)
    many = max(PROBED, int(left / pace))
    return fitted(order[:many] if many < len(labels) else None, *best)


def _plain(rows, target) -> np.ndarray | float:
    return 1.0


def _ratios(rows, target) -> np.ndarray:
    """(columns,) how much more often an n-gram is in texts of the target than in others."""
    there = rows.astype(bool)
    with_it, without = (
        SMOOTHING + np.asarray(there[chosen].sum(axis=0)).ravel() for chosen in (target, ~target)
    )
    return np.log(with_it / with_it.sum()) - np.log(without / without.sum())


WEIGHTINGS: dict[str, Callable] = {"plain": _plain, "ratios": _ratios}


def _fitted(rows, labels, classes, weighting, penalty, seed) -> Linear:
    kind = kind_of(labels)
    if kind == "number":
        model = Ridge(alpha=1 / penalty, solver="sparse_cg").fit(rows, labels)
        columns = [(np.ravel(model.coef_), np.ravel(model.intercept_)[0])]
    elif _jointly(kind, classes):
        weights, bias = _together(rows, labels, classes, penalty, seed)
        return Linear(kind, weights, bias, weighting, penalty, True, len(labels))
    else:
        targets = _targets(labels, classes)
        columns = [_against_rest(rows, each, weighting, penalty, seed) for each in targets]
    weights, bias = zip(*columns, strict=True)
    stacked = np.stack(weights, axis=1), np.array(bias)
    return Linear(kind, *stacked, weighting, penalty, False, len(labels))


def _targets(labels, classes) -> Iterator[np.ndarray]:
    """For each output which texts should be told from the rest."""
    if kind_of(labels) == "labels":
        yield from labels.T.astype(bool)
    elif classes == 2:
        yield labels == 1
    else:
        yield from (labels == number for number in range(classes))


def _against_rest(rows, target, weighting, penalty, seed) -> tuple[np.ndarray, float]:
    """Weights and bias of one output."""
    if target.all() or not target.any():
        return np.zeros(rows.shape[1]), -NEVER if target.all() else NEVER
    scale = WEIGHTINGS[weighting](rows, target)
    # The dual solver takes a tenth of the time of lbfgs on rows this sparse.
    model = LogisticRegression(
        C=penalty, solver="liblinear", dual=True, tol=1e-2, max_iter=2_000, random_state=seed
    )
    model.fit(rows if np.ndim(scale) == 0 else rows @ sparse.diags(scale), target)
    return model.coef_[0] * scale, float(model.intercept_[0])


def _jointly(kind, classes) -> bool:
    return kind == "class" and classes > MANY


def _together(rows, labels, classes, penalty, seed) -> tuple[np.ndarray, np.ndarray]:
    """Weights (columns, classes) and bias (classes,) of the softmax of all classes."""
    weights, bias = np.zeros((rows.shape[1], classes)), np.full(classes, NEVER)
    there = np.unique(labels)
    if len(there) < 2:
        bias[there] = 0.0
        return weights, bias
    model = LogisticRegression(C=penalty, solver="saga", max_iter=PASSES, random_state=seed)
    with warnings.catch_warnings():
        # It ends after `PASSES`: what is left to gain shows in no text held out.
        warnings.simplefilter("ignore", UserWarning)
        model.fit(rows, labels)
    several = len(there) > 2  # Of two, one column tells how far the second is ahead.
    weights[:, there if several else there[1:]] = model.coef_.T
    bias[there] = model.intercept_ if several else [0.0, model.intercept_[0]]
    return weights, bias
