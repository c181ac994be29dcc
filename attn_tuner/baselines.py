"""What a search has to beat: the answer of nobody who read, and a linear model on TF-IDF n-grams.

Both work on the same ids as the models, so that no text is split twice.
"""

import time
from dataclasses import asdict, dataclass, field

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.multiclass import OneVsRestClassifier

from attn_tuner.measures import kind_of, measure
from attn_tuner.text.ngrams import BUCKETS, MOST_COUNTED, buckets_for, next_bucket

LEAST_TEXTS = 2  # An n-gram of one training text alone tells nothing of others.
PENALTIES = (1.0, 4.0, 16.0, 64.0)
TUNING_ROWS = 10_000  # Texts on which the penalty is chosen; more changes it little.


@dataclass(frozen=True)
class Baseline:
    """A row of the leaderboard that no search made.

    Args:
        name: "majority class", "label shares", "mean" or "linear".
        facts: how it was made, in words.
        validation, test: all of `measures.measure`; `test` is empty without a test part.
        seconds: to fit and measure it.
        probabilities: part to `(texts, classes)`.
        learnt: of the linear one what `ngram_regression.linear_model` builds it from.
    """

    name: str
    facts: str
    validation: dict
    test: dict = field(default_factory=dict)
    seconds: float = 0.0
    probabilities: dict = field(default_factory=dict, repr=False)
    learnt: dict = field(default_factory=dict, repr=False)

    def row(self) -> dict:
        """The baseline for JSON, without its arrays."""
        row = asdict(self)
        return {name: row[name] for name in row if name not in ("probabilities", "learnt")}


def majority(training, parts: dict, classes: int) -> Baseline:
    """Answers with the class shares of the training part, whatever the text.

    p_c = n_c / n;   of labels the share of texts that have each, of numbers their mean

    Args:
        training: a `TokenStore`.
        parts: "validation" and perhaps "test" to their stores.
        classes: number of classes.
    """
    kind = kind_of(training.labels)
    if kind == "class":
        shares = np.bincount(training.labels, minlength=classes) / len(training.labels)
    else:
        shares = np.atleast_1d(training.labels.mean(axis=0))
    answers = {role: np.tile(shares, (len(part.labels), 1)) for role, part in parts.items()}
    name = {"class": "majority class", "labels": "label shares", "number": "mean"}[kind]
    facts = {
        "class": "the training part's class shares",
        "labels": "the training part's label shares",
        "number": "the training part's mean",
    }[kind]
    return _baseline(name, facts, parts, answers, 0.0)


def linear(training, parts: dict, classes: int, seed: int = 0) -> Baseline:
    """Logistic regression on TF-IDF of n-grams, the penalty chosen by cross-validation.

    x_w = (1 + log min(n_w, 8)) (1 + log((1 + N) / (1 + N_w))),  rows of length 1

    Words go as 1-2-grams; where tokens are single characters, as in Chinese, as 1-3-grams. More
    than two classes, and several labels, are told apart one against the rest. Numbers are fitted
    by ridge regression.

    Args:
        training, parts, classes: as in `majority`.
        seed: of the folds.
    """
    begun = time.monotonic()
    order = 3 if training.token_length < 1.5 else 2
    buckets = buckets_for(len(training.ids))
    counts = count_ngrams(training, order, buckets)
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    columns = np.flatnonzero(seen >= min(LEAST_TEXTS, seen.max(initial=0)))
    weigh = TfidfTransformer(sublinear_tf=True)
    rows = weigh.fit_transform(counts[:, columns])
    kind = kind_of(training.labels)
    penalty = _choose_penalty(rows, training.labels, seed)
    model = _regression(penalty, training.labels, seed).fit(rows, training.labels)
    answers = {}
    for role, part in parts.items():
        given = weigh.transform(count_ngrams(part, order, buckets)[:, columns])
        if kind == "class":
            answers[role] = np.zeros((len(part.labels), classes))
            answers[role][:, model.classes_] = model.predict_proba(given)
        else:
            found = model.predict_proba(given) if kind == "labels" else model.predict(given)
            answers[role] = found.reshape(len(part.labels), -1)
    way = "ridge" if kind == "number" else "logistic"
    facts = f"TF-IDF of 1-{order}-grams, {way} regression, C={penalty:g}"
    learnt = _learnt(model, weigh.idf_, columns, kind, classes)
    if learnt:
        learnt |= {"words": training.vocabulary_size, "order": order, "buckets": buckets}
    return _baseline("linear", facts, parts, answers, time.monotonic() - begun, learnt)


def _learnt(model, frequencies, columns, kind, classes) -> dict:
    """What `ngram_regression.linear_model` needs; empty where some class had nothing to learn."""
    single = [model] if hasattr(model, "coef_") else list(model.estimators_)
    if not all(hasattr(each, "coef_") for each in single):
        return {}
    weights = np.concatenate([np.atleast_2d(each.coef_) for each in single]).T
    bias = np.concatenate([np.atleast_1d(each.intercept_) for each in single])
    answers = {"class": "shares", "labels": "sigmoid", "number": "linear"}[kind]
    if kind == "class" and len(single) == 1:
        if classes > 2:
            return {}
        answers = "sigmoid"
    elif kind == "class" and len(single) < classes:
        return {}
    return {
        "answers": answers,
        "columns": columns.astype("int64"),
        "weights": (weights * frequencies[:, None]).astype("float32"),
        "squares": (frequencies**2).astype("float32"),
        "bias": bias.astype("float32"),
    }


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


def _choose_penalty(rows, labels, seed) -> float:
    chosen = np.random.default_rng(seed).permutation(len(labels))[:TUNING_ROWS]
    rows, labels = rows[chosen], np.asarray(labels)[chosen]
    if kind_of(labels) != "class":
        if len(labels) < 6:
            return PENALTIES[1]
        folds = list(KFold(3, shuffle=True, random_state=seed).split(labels))
    elif np.unique(labels, return_counts=True)[1].min() < 3:
        return PENALTIES[1]  # Too few of a class for three folds.
    else:
        folds = list(StratifiedKFold(3, shuffle=True, random_state=seed).split(labels, labels))

    def score(penalty):
        hits = [
            _regression(penalty, labels, seed)
            .fit(rows[fit], labels[fit])
            .score(rows[held], labels[held])
            for fit, held in folds
        ]
        return np.mean(hits)

    best, best_score = PENALTIES[0], -np.inf
    for penalty in PENALTIES:
        found = score(penalty)
        if found <= best_score:
            break  # Past the top, further penalties only cost time.
        best, best_score = penalty, found
    return best


def _regression(penalty, labels, seed):
    if kind_of(labels) == "number":
        return Ridge(alpha=1 / penalty, solver="sparse_cg")
    # The dual solver takes a tenth of the time of lbfgs on rows this sparse.
    one = LogisticRegression(
        C=penalty, solver="liblinear", dual=True, tol=1e-2, max_iter=2_000, random_state=seed
    )
    single = kind_of(labels) == "class" and len(np.unique(labels)) == 2
    return one if single else OneVsRestClassifier(one)


def _baseline(name, facts, parts, answers, seconds, learnt=()):
    measured = {role: measure(part.labels, answers[role]) for role, part in parts.items()}
    scores = measured["validation"], measured.get("test", {})
    return Baseline(name, facts, *scores, seconds, answers, dict(learnt))
