"""A linear model of n-grams: how it counts and weighs them, and what it learns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold

from attn_tuner.measures import kind_of
from attn_tuner.text.ngrams import BUCKETS, MOST_COUNTED, next_bucket

PENALTIES = (1.0, 4.0, 16.0, 64.0, 256.0)
TUNING_ROWS = 10_000  # Texts on which weighting and penalty are chosen; more changes it little.
FEWEST = 3  # Of a class, without which there are no folds to choose on.
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

    Args:
        kind: key of `measures.MEASURES`.
        weights: (columns, outputs); one output for two classes, that of the second.
        bias: (outputs,), infinite for a class or label that no text has, or every one.
        weighting: key of `WEIGHTINGS`.
        penalty: C of the regression.
    """

    kind: str
    weights: np.ndarray
    bias: np.ndarray
    weighting: str
    penalty: float

    def __call__(self, rows: sparse.csr_matrix) -> np.ndarray:
        """Answers `(texts, columns)`, for classes one column each."""
        found = rows @ self.weights + self.bias
        if self.kind == "number":
            return found
        found = expit(found)
        if self.kind == "labels":
            return found
        if found.shape[1] == 1:
            return np.concatenate([1 - found, found], axis=1)
        return found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12)


def fit(rows, labels, classes: int, seed: int = 0) -> Linear:
    """Logistic regression, its penalty and the weighting of n-grams by cross-validation.

    With the weighting "ratios" the row x of a text becomes x * r, where of N texts of a class and
    M others r says how much more often an n-gram g is in the former:

        r_g = log((1 + N_g) / (|columns| + sum N_g)) - log((1 + M_g) / (|columns| + sum M_g))

    so that the penalty is lenient to n-grams that tell classes apart. More than two classes, and
    several labels, are told apart one against the rest. Numbers are fitted by ridge regression.

    Args:
        rows: (texts, columns) TF-IDF.
        labels: (texts, ...).
        classes: number of classes or labels.
        seed: of the folds.

    Reference:
        Wang & Manning 2012, eq. 1, for r. https://aclanthology.org/P12-2018
    """
    weighting, penalty = _chosen(rows, np.asarray(labels), classes, seed)
    return _fitted(rows, labels, classes, weighting, penalty, seed)


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
    else:
        targets = _targets(labels, classes)
        columns = [_against_rest(rows, each, weighting, penalty, seed) for each in targets]
    weights, bias = zip(*columns, strict=True)
    return Linear(kind, np.stack(weights, axis=1), np.array(bias), weighting, penalty)


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


def _chosen(rows, labels, classes, seed) -> tuple[str, float]:
    """The weighting and the penalty that answer best on folds they were not fitted on."""
    kept = np.random.default_rng(seed).permutation(len(labels))[:TUNING_ROWS]
    rows, labels = rows[kept], labels[kept]
    folds = _folds(labels, seed)
    usual = (next(iter(WEIGHTINGS)), PENALTIES[1])
    if not folds:
        return usual

    def score(weighting, penalty):
        found = []
        for learnt, held in folds:
            model = _fitted(rows[learnt], labels[learnt], classes, weighting, penalty, seed)
            found.append(_right(model(rows[held]), labels[held]))
        return float(np.mean(found))

    best, chosen = -np.inf, usual
    for weighting in list(WEIGHTINGS)[: 1 if kind_of(labels) == "number" else None]:
        last = -np.inf
        for penalty in PENALTIES:
            found = score(weighting, penalty)
            if found > best:
                best, chosen = found, (weighting, penalty)
            if found <= last:
                break  # Past the top, further penalties only cost time.
            last = found
    return chosen


def _folds(labels, seed) -> list:
    """Three divisions into texts to learn from and texts held out; none where they are too few."""
    if kind_of(labels) != "class":
        few = len(labels) < 2 * FEWEST
        return [] if few else list(KFold(3, shuffle=True, random_state=seed).split(labels))
    if np.unique(labels, return_counts=True)[1].min() < FEWEST:
        return []
    return list(StratifiedKFold(3, shuffle=True, random_state=seed).split(labels, labels))


def _right(answers, labels) -> float:
    """The share of texts answered rightly; of numbers the squared error, negated."""
    kind = kind_of(labels)
    if kind == "number":
        return -float(np.mean((answers[:, 0] - labels) ** 2))
    if kind == "labels":
        return float(np.mean(np.all((answers > 0.5) == labels.astype(bool), axis=1)))
    return float(np.mean(answers.argmax(axis=1) == labels))
