"""A linear model on a summary of each series: what a search of series is compared with."""

import time
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from attn_tuner.baselines.baselines import Baseline, measured_baseline
from attn_tuner.metrics import kind_of
from attn_tuner.series.store import SeriesStore

PENALTIES = np.logspace(-3, 3, 7)
FOLDS = 3
_SUMMARY = "mean, deviation, least, greatest and slope of each feature"


def summary_baseline(
    training: SeriesStore, parts: dict, classes: int, seed: int = 0, seconds: float | None = None
) -> Baseline:
    """Fits logistic regression, or ridge regression for numbers, on summaries of the series.

    It is not exported with a model, and joins no average.

    Args:
        training: `SeriesStore` of the training part.
        parts: dict of "validation", and "test" if there is one, to their `SeriesStore`.
        classes: int, number of classes.
        seed: int, for the cross-validation folds that choose the penalty.
        seconds: float, not used: a summary has five numbers a feature, whatever the length.
    """
    begun = time.monotonic()
    rows, kind = summaries(training), kind_of(training.labels)
    if kind == "labels":
        targets = [training.labels[:, column] for column in range(training.labels.shape[1])]
    else:
        targets = [training.labels]
    fitted = [_fitted(rows, each, training.weights, kind, seed) for each in targets]
    answers = {role: _answers(fitted, summaries(each), kind) for role, each in parts.items()}
    way = "ridge" if kind == "number" else "logistic"
    facts = f"{_SUMMARY}, {way} regression"
    return measured_baseline("linear", facts, parts, answers, time.monotonic() - begun)


def summaries(store: SeriesStore) -> np.ndarray:
    """Summarises each series by five numbers a feature: `(series, 5 * features)` float64.

    Mean, standard deviation, least and greatest value, and the slope of the line of least squares
    over the share of the series that has passed; 0 for a feature without a value.
    """
    return np.stack([_summary(store[index]) for index in range(len(store))])


def _summary(series: np.ndarray) -> np.ndarray:
    values = np.asarray(series, "float64")
    there = ~np.isnan(values)
    count = np.maximum(there.sum(axis=0), 1)
    known = np.where(there, values, 0.0)
    mean = known.sum(axis=0) / count
    apart = np.where(there, values - mean, 0.0)
    least = np.where(there, values, np.inf).min(axis=0)
    greatest = np.where(there, values, -np.inf).max(axis=0)
    passed = np.linspace(0.0, 1.0, len(values))[:, None]
    middle = (passed * there).sum(axis=0) / count
    moment = np.where(there, passed - middle, 0.0)
    slope = (moment * apart).sum(axis=0) / np.maximum((moment**2).sum(axis=0), 1e-12)
    found = np.stack([mean, np.sqrt((apart**2).sum(axis=0) / count), least, greatest, slope])
    return np.where(there.any(axis=0), found, 0.0).ravel()


def _fitted(rows, labels, weights, kind, seed):
    """Fits one regression, its penalty chosen by cross-validation where each class has enough."""
    if kind == "number":
        model = make_pipeline(StandardScaler(), Ridge())
        penalties, scoring = {"ridge__alpha": 1 / PENALTIES}, "neg_mean_squared_error"
        folds: Any = KFold(FOLDS, shuffle=True, random_state=seed)
        fewest = len(labels)
    else:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
        penalties, scoring = {"logisticregression__C": PENALTIES}, "neg_log_loss"
        fewest = int(np.unique(labels, return_counts=True)[1].min())
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    name = model.steps[-1][0]
    options = {} if weights is None else {f"{name}__sample_weight": weights}
    if fewest >= FOLDS:
        model = GridSearchCV(model, penalties, scoring=scoring, cv=folds)
    return model.fit(rows, labels, **options)


def _answers(fitted, rows, kind) -> np.ndarray:
    if kind == "number":
        return fitted[0].predict(rows)[:, None]
    if kind == "class":
        return fitted[0].predict_proba(rows)
    return np.stack([expit(each.decision_function(rows)) for each in fitted], axis=1)
