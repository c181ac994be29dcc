"""Fits the baselines that a search is compared with: class shares, and a linear model on n-grams.

Both use the same token ids as the models.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy import sparse

from attn_tuner.baselines.further_fit import former_model
from attn_tuner.baselines.linear_model import (
    BOTH,
    PLAIN,
    LinearModel,
    fit_linear_model,
    fit_regression,
)
from attn_tuner.baselines.ngram_rows import NgramCounts, NgramRows
from attn_tuner.metrics import kind_of, measure
from attn_tuner.text.subwords import PartTables
from attn_tuner.text.token_store import TokenStore

WEIGHED = {
    PLAIN: "",
    "ratios": ", weighed by log-count ratios",
    BOTH: ", the mean of one weighed by log-count ratios and one that is not",
}
MAX_TOKENS = 64  # Of a text in the mean, up to which parts of words are read.


@dataclass(frozen=True)
class Baseline:
    """A row of the leaderboard that is not a trial.

    Args:
        name: "majority class", "label shares", "mean" or "linear".
        facts: str, how it was fitted.
        validation, test: dict, all of `metrics.measure`; `test` is empty without a test part.
        seconds: float, time to fit and measure it.
        probabilities: dict of part to `(texts, classes)`.
        learnt: dict, for the linear baseline the arguments of `ngram_regression.linear_model`.
        held_out: for MiniRocket `(texts, classes)`, predictions for the training part, each by a
            fit without it; NaN for what the time did not suffice to read.
    """

    name: str
    facts: str
    validation: dict
    test: dict = field(default_factory=dict)
    seconds: float = 0.0
    probabilities: dict = field(default_factory=dict, repr=False)
    learnt: dict = field(default_factory=dict, repr=False)
    held_out: np.ndarray | None = field(default=None, repr=False)

    def row(self) -> dict:
        """Returns the baseline for JSON, without its arrays."""
        row, arrays = asdict(self), ("probabilities", "learnt", "held_out")
        return {name: row[name] for name in row if name not in arrays}


def majority_baseline(
    training: Any, parts: dict, classes: int, levels: Sequence[float] = ()
) -> Baseline:
    """Predicts the class shares of the training part for every text.

        p_c = n_c / n;   for several labels the share of texts with each, for numbers their mean;
        weighted where texts have weights

    Args:
        training: the store of the training part, of any kind of input.
        parts: dict of "validation", and "test" if there is one, to their store.
        classes: int, number of classes.
        levels: of the quantiles that are forecast.
    """
    kind = kind_of(training.labels)
    if kind == "class":
        counts = np.bincount(training.labels, training.weights, minlength=classes)
        shares = counts / counts.sum()
    else:
        shares = np.atleast_1d(np.average(training.labels, axis=0, weights=training.weights))
    answers = {role: np.tile(shares, (len(part.labels), 1)) for role, part in parts.items()}
    name = {"class": "majority class", "labels": "label shares", "number": "mean"}[kind]
    facts = {
        "class": "the training part's class shares",
        "labels": "the training part's label shares",
        "number": "the training part's mean",
    }[kind]
    return measured_baseline(name, facts, parts, answers, 0.0, levels=levels)


def linear_baseline(
    training: TokenStore,
    parts: dict,
    classes: int,
    seed: int = 0,
    seconds: float | None = None,
    like: Mapping[str, Any] | None = None,
    further: bool = False,
) -> Baseline:
    """Fits logistic regression on TF-IDF of n-grams, tuned by cross-validation.

    Where texts are short it also tries character n-grams of their words beside the n-grams of
    words. Columns beside the texts are further columns of the same regression. See
    `ngram_rows.NgramRows` and `linear_model.fit_linear_model`.

    Args:
        training, parts, classes: as in `majority_baseline`.
        seed: int, for the cross-validation folds.
        seconds: float, time limit, as in `fit_linear_model`.
        like: `Baseline.learnt` of other texts, whose settings are taken without another
            cross-validation.
        further: bool, whether one softmax over many classes is fitted on from the weights of
            `like`, whose classes and words come first; that takes a third of the epochs.
    """
    begun = time.monotonic()
    if like is not None and "penalty" in like:
        ngrams, model = _fitted_like(like, training, classes, seed, further)
    else:
        ngrams, model = _fitted(training, classes, seed, seconds)
    answers = {role: model(_joined(ngrams.rows(part), part)) for role, part in parts.items()}
    way = "ridge" if model.kind == "number" else "logistic"
    weighed = WEIGHED[model.weighting]
    read = f"1-{ngrams.order}-grams" + (" and parts of words" if ngrams.tables else "")
    columns = _columns(training)
    if columns is not None:
        read += f" beside {columns.shape[1]} features of columns"
    facts = f"TF-IDF of {read}{weighed}, {way} regression, C={model.penalty:g}"
    if model.texts < len(training.labels):
        facts += f", fitted on {model.texts:,} of {len(training.labels):,} texts"
    learnt = _model_arguments(model, ngrams.frequencies, ngrams.columns)
    if learnt:
        facts_of_ngrams = {"order": ngrams.order, "buckets": ngrams.buckets}
        learnt |= {"words": training.vocabulary_size, **facts_of_ngrams}
        learnt |= {"penalty": model.penalty, "weighting": model.weighting}
        learnt |= {} if ngrams.tables is None else ngrams.tables.arrays()
        learnt |= _column_arguments(model, training)
    return measured_baseline("linear", facts, parts, answers, time.monotonic() - begun, learnt)


def _fitted(
    training: TokenStore, classes: int, seed: int, seconds: float | None
) -> tuple[NgramRows, LinearModel]:
    """Counts n-grams and fits the regression on them, its settings chosen."""
    begun = time.monotonic()
    counted, tables = NgramCounts.of(training), _tables(training)
    words, rows = NgramRows.of_counts(counted)
    both, others = words, None
    if tables is not None:
        both, others = NgramRows.of_counts(counted.with_parts(training, tables))
    if seconds is not None:  # Prediction and measuring take as long as counting.
        seconds -= 2 * (time.monotonic() - begun)
    beside = (training.weights, training.groups, training.times)
    columns = _columns(training)
    rows = _joined(rows, training)
    model = fit_linear_model(
        rows,
        training.labels,
        classes,
        seed,
        seconds,
        *beside,
        others=None if others is None else _joined(others, training),
        beside=0 if columns is None else columns.shape[1],
    )
    return (words if len(model.weights) == rows.shape[1] else both), model


def _fitted_like(
    like: Mapping[str, Any], training: TokenStore, classes: int, seed: int, further: bool
) -> tuple[NgramRows, LinearModel]:
    """Counts n-grams and fits the regression on them, with the settings of an earlier fit."""
    counted = NgramCounts.of(training)
    if PartTables.of_arrays(like) is not None and training.tables is not None:
        counted = counted.with_parts(training, training.tables)
    ngrams, rows = NgramRows.of_counts(counted)
    settings = str(like["weighting"]), float(like["penalty"])
    columns = _columns(training)
    beside = 0 if columns is None else columns.shape[1]
    facts = (training.labels, classes, *settings, seed, training.weights)
    start = former_model(like, ngrams, classes) if further and not beside else None
    model = fit_regression(_joined(rows, training), *facts, start=start, beside=beside)
    return ngrams, model


def _columns(store: TokenStore) -> np.ndarray | None:
    """Returns the features of the columns beside texts, `(texts, features)`; None for none."""
    if store.columns is None or store.find_vectorizer is None:
        return None
    columns = store.find_vectorizer().columns
    return None if columns is None else columns.features(store.columns)


def _joined(rows: sparse.csr_matrix, store: TokenStore) -> sparse.csr_matrix:
    """Returns rows of n-grams with the features of the columns behind them."""
    columns = _columns(store)
    return rows if columns is None else sparse.hstack([rows, columns]).tocsr()


def _tables(training: TokenStore) -> PartTables | None:
    """Returns the parts of words, where texts are so short that reading them costs little."""
    if training.by_character or len(training.ids) > MAX_TOKENS * len(training):
        return None
    return training.tables


def _column_arguments(model: LinearModel, training: TokenStore) -> dict[str, Any]:
    """Collects what `row_regression.row_model` needs of the columns; empty for texts alone."""
    columns = training.find_vectorizer().columns if training.find_vectorizer else None
    if training.columns is None or columns is None:
        return {}
    own = model.weights[-columns.width :].astype("float32")
    return {"column_weights": own, "column_config": json.dumps(columns.get_config())}


def _model_arguments(
    model: LinearModel, frequencies: np.ndarray, columns: np.ndarray
) -> dict[str, Any]:
    """Collects the arguments of `ngram_regression.linear_model`; empty if a class has no text."""
    if not np.isfinite(model.bias).all():
        return {}
    answers = {"class": "sigmoid", "labels": "sigmoid", "number": "linear"}[model.kind]
    if model.kind == "class" and len(model.bias) > 1:
        answers = "softmax" if model.jointly else "shares"
    return {
        "answers": answers,
        "columns": columns.astype("int64"),
        "weights": (model.weights[: len(columns)] * frequencies[:, None]).astype("float32"),
        "squares": (frequencies**2).astype("float32"),
        "bias": model.bias.astype("float32"),
    }


def measured_baseline(
    name: str,
    facts: str,
    parts: Mapping[str, Any],
    answers: dict[str, np.ndarray],
    seconds: float,
    learnt: Mapping[str, Any] = MappingProxyType({}),
    levels: Sequence[float] = (),
) -> Baseline:
    """Makes a baseline, its predictions measured on each part.

    Args:
        name, facts, seconds, learnt: as of `Baseline`.
        parts: dict of "validation", and "test" if there is one, to their store.
        answers: dict of part to predictions.
        levels: of the quantiles that are forecast.
    """
    measured = {
        role: measure(part.labels, answers[role], levels=levels) for role, part in parts.items()
    }
    scores = measured["validation"], measured.get("test", {})
    return Baseline(name, facts, *scores, seconds, answers, dict(learnt))
