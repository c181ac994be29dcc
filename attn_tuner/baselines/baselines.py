"""What a search has to beat: the answer of nobody who read, and a linear model on TF-IDF n-grams.

Both work on the same ids as the models, so that no text is split twice.
"""

import time
from dataclasses import asdict, dataclass, field

import numpy as np
from sklearn.feature_extraction.text import TfidfTransformer

from attn_tuner.baselines.linear_model import Linear, count_ngrams, fit
from attn_tuner.metrics import kind_of, measure
from attn_tuner.text.ngram_hashing import buckets_for

LEAST_TEXTS = 2  # An n-gram of one training text alone tells nothing of others.


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


def linear(
    training, parts: dict, classes: int, seed: int = 0, seconds: float | None = None
) -> Baseline:
    """Logistic regression on TF-IDF of n-grams, penalty and weighting chosen by cross-validation.

    x_w = (1 + log min(n_w, 8)) (1 + log((1 + N) / (1 + N_w))),  rows of length 1

    Words go as 1-2-grams; where tokens are single characters, as in Chinese, as 1-3-grams. What is
    learnt of these rows, and how, is told in `linear.fit`.

    Args:
        training, parts, classes: as in `majority`.
        seed: of the folds.
        seconds: by when it should be done, as in `linear.fit`.
    """
    begun = time.monotonic()
    order = 3 if training.by_character else 2
    buckets = buckets_for(len(training.ids))
    counts = count_ngrams(training, order, buckets)
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    columns = np.flatnonzero(seen >= min(LEAST_TEXTS, seen.max(initial=0)))
    weigh = TfidfTransformer(sublinear_tf=True)
    rows = weigh.fit_transform(counts[:, columns])
    if seconds is not None:  # What counting took, answering and measuring take as well.
        seconds -= 2 * (time.monotonic() - begun)
    model = fit(rows, training.labels, classes, seed, seconds)
    answers = {
        role: model(weigh.transform(count_ngrams(part, order, buckets)[:, columns]))
        for role, part in parts.items()
    }
    way = "ridge" if model.kind == "number" else "logistic"
    ratios = ", weighed by log-count ratios" if model.weighting == "ratios" else ""
    facts = f"TF-IDF of 1-{order}-grams{ratios}, {way} regression, C={model.penalty:g}"
    if model.texts < len(training.labels):
        facts += f", fitted on {model.texts:,} of {len(training.labels):,} texts"
    learnt = _learnt(model, weigh.idf_, columns)
    if learnt:
        learnt |= {"words": training.vocabulary_size, "order": order, "buckets": buckets}
    return _baseline("linear", facts, parts, answers, time.monotonic() - begun, learnt)


def _learnt(model: Linear, frequencies, columns) -> dict:
    """What `ngram_regression.linear_model` needs; empty where some class had nothing to learn."""
    if not np.isfinite(model.bias).all():
        return {}
    answers = {"class": "sigmoid", "labels": "sigmoid", "number": "linear"}[model.kind]
    if model.kind == "class" and len(model.bias) > 1:
        answers = "softmax" if model.jointly else "shares"
    return {
        "answers": answers,
        "columns": columns.astype("int64"),
        "weights": (model.weights * frequencies[:, None]).astype("float32"),
        "squares": (frequencies**2).astype("float32"),
        "bias": model.bias.astype("float32"),
    }


def _baseline(name, facts, parts, answers, seconds, learnt=()):
    measured = {role: measure(part.labels, answers[role]) for role, part in parts.items()}
    scores = measured["validation"], measured.get("test", {})
    return Baseline(name, facts, *scores, seconds, answers, dict(learnt))
