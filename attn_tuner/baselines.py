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

BUCKETS = 1 << 20  # Columns for n-grams of two and more, found by hash.
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
    """

    name: str
    facts: str
    validation: dict
    test: dict = field(default_factory=dict)
    seconds: float = 0.0
    probabilities: dict = field(default_factory=dict, repr=False)

    def row(self) -> dict:
        """The baseline for JSON, without its probabilities."""
        row = asdict(self)
        row.pop("probabilities")
        return row


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

    x_w = (1 + log n_w) (1 + log((1 + N) / (1 + N_w))),  rows of length 1

    Words go as 1-2-grams; where tokens are single characters, as in Chinese, as 1-3-grams. More
    than two classes, and several labels, are told apart one against the rest. Numbers are fitted
    by ridge regression.

    Args:
        training, parts, classes: as in `majority`.
        seed: of the folds.
    """
    begun = time.monotonic()
    order = 3 if training.token_length < 1.5 else 2
    counts = count_ngrams(training, order)
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    columns = np.flatnonzero(seen >= min(LEAST_TEXTS, seen.max(initial=0)))
    weigh = TfidfTransformer(sublinear_tf=True)
    rows = weigh.fit_transform(counts[:, columns])
    kind = kind_of(training.labels)
    penalty = _choose_penalty(rows, training.labels, seed)
    model = _regression(penalty, training.labels, seed).fit(rows, training.labels)
    answers = {}
    for role, part in parts.items():
        given = weigh.transform(count_ngrams(part, order)[:, columns])
        if kind == "class":
            answers[role] = np.zeros((len(part.labels), classes))
            answers[role][:, model.classes_] = model.predict_proba(given)
        else:
            found = model.predict_proba(given) if kind == "labels" else model.predict(given)
            answers[role] = found.reshape(len(part.labels), -1)
    way = "ridge" if kind == "number" else "logistic"
    facts = f"TF-IDF of 1-{order}-grams, {way} regression, C={penalty:g}"
    return _baseline("linear", facts, parts, answers, time.monotonic() - begun)


def count_ngrams(store, order: int) -> sparse.csr_matrix:
    """How often each n-gram of 1 to `order` tokens stands in each text.

    Shapes:
        `(texts, columns)`; one column a token id, then `BUCKETS` for the longer n-grams.
    """
    ids = np.asarray(store.ids, "int64")
    offsets = np.asarray(store.offsets, "int64")
    lengths = np.diff(offsets)
    words = int(store.vocabulary_size)
    row = np.repeat(np.arange(len(lengths)), lengths)
    to_end = np.repeat(offsets[1:], lengths) - np.arange(len(ids))
    rows, columns = [row], [ids]
    hashed = ids.astype("uint64")
    for length in range(2, order + 1):
        whole = to_end >= length
        following = np.zeros_like(hashed)
        following[: len(ids) - length + 1] = ids[length - 1 :].astype("uint64")
        # The multiplier of Knuth's multiplicative hashing for 64 bits.
        hashed = (hashed * np.uint64(0x9E3779B97F4A7C15)) ^ (following + np.uint64(length))
        spread = (hashed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(44)
        rows.append(row[whole])
        columns.append(words + (spread[whole] % np.uint64(BUCKETS)).astype("int64"))
    row, column = np.concatenate(rows), np.concatenate(columns)
    counts = np.ones(len(row), "float32")
    shape = (len(lengths), words + BUCKETS)
    return sparse.coo_matrix((counts, (row, column)), shape=shape).tocsr()


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


def _baseline(name, facts, parts, answers, seconds):
    measured = {role: measure(part.labels, answers[role]) for role, part in parts.items()}
    return Baseline(name, facts, measured["validation"], measured.get("test", {}), seconds, answers)
