"""Classifies held-out texts by linear models that learn from growing parts of the others."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from attn_tuner.baselines.linear_model import fit_linear_model, fit_regression
from attn_tuner.baselines.ngram_rows import NgramCounts, NgramRows
from attn_tuner.baselines.out_of_fold import folds_to_judge
from attn_tuner.text.token_store import TokenStore

SHARES = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)  # Of the texts that a fold learns from.
ENOUGH_TESTED = 5_000  # Texts; more would change the mean by less than half a point.
MOST_TUNED = 5_000  # Texts that the penalty is chosen on.
FEWEST_FOLDS = 3  # However many texts; the interval is that of folds that differ.


@dataclass(frozen=True, eq=False)
class GrowingAnswers:
    """Whether models that learnt from more and more texts classify held-out texts as labelled.

    Args:
        sizes: (shares,) float, texts learnt from, the mean over folds.
        correct: (shares, texts) bool, whether each text was classified as labelled.
        labels: (texts,) int, classes of these texts.
        places: (texts,) int, where each stands in the store.
        folds: (texts,) int, the fold that held each text out.
    """

    sizes: np.ndarray
    correct: np.ndarray
    labels: np.ndarray
    places: np.ndarray
    folds: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """Share of wrong answers at each size: (shares,) float."""
        return 1.0 - self.correct.mean(axis=1)

    def of_class(self, label: int) -> "GrowingAnswers":
        """Returns the answers to the texts of one class."""
        return self.take(self.labels == label)

    def take(self, chosen: np.ndarray) -> "GrowingAnswers":
        """Returns the answers to some of the texts, of a mask (texts,) bool."""
        beside = (each[chosen] for each in (self.labels, self.places, self.folds))
        return GrowingAnswers(self.sizes, self.correct[:, chosen], *beside)


def growing_answers(
    store: TokenStore,
    classes: int,
    seed: int = 0,
    shares: Sequence[float] = SHARES,
) -> GrowingAnswers | None:
    """Trains on nested parts of the texts of each fold, and classifies what the fold holds out.

    A smaller part is within every larger one, and each has about the same share of every class.
    N-grams and their frequencies are counted anew in each part. The penalty is chosen once, by
    cross-validation on 5,000 texts at most. With many texts some folds are left out once
    `ENOUGH_TESTED` texts are classified.

    Args:
        store: ids and labels of the texts, one class each. No group is on both sides of a fold.
        classes: int, number of classes.
        seed: int, for the folds and the parts.
        shares: rising, of the texts that a fold learns from; the last is 1.

    Returns:
        None where there are too few texts for folds.
    """
    labels, weights = np.asarray(store.labels), store.weights
    folds = folds_to_judge(labels, seed, store.groups)
    if not folds:
        return None
    counted = NgramCounts.of(store)
    weighting, penalty = _chosen(counted, labels, classes, seed, weights)
    sizes, correct, places, numbers = [], [], [], []
    for number, (learnt, held) in enumerate(_enough(folds)):
        order = nested_order(labels[learnt], seed + number)
        parts = [learnt[order[: max(1, round(share * len(order)))]] for share in shares]
        answers = []
        for part in parts:
            ngrams, rows = NgramRows.of_counts(counted, part)
            own = None if weights is None else weights[part]
            with warnings.catch_warnings():
                # Few texts with a penalty for many may take long; what it has found will do.
                warnings.simplefilter("ignore", ConvergenceWarning)
                model = fit_regression(rows, labels[part], classes, weighting, penalty, seed, own)
            found = model(ngrams.weigh(counted.counts[held])).argmax(axis=1)
            answers.append(found == labels[held])
        sizes.append([len(part) for part in parts])
        correct.append(np.stack(answers))
        places.append(held)
        numbers.append(np.full(len(held), number))
    tested = np.concatenate(places)
    return GrowingAnswers(
        np.mean(sizes, axis=0),
        np.concatenate(correct, axis=1),
        labels[tested],
        tested,
        np.concatenate(numbers),
    )


def nested_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """Orders texts so that every beginning of the order has each class in its proportion.

    Args:
        labels: (texts,) int.
        seed: int, for the order within a class.

    Returns:
        (texts,) int64, places.
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    position = np.empty(len(labels))
    for label in np.unique(labels):
        own = shuffled[labels[shuffled] == label]
        position[own] = (np.arange(len(own)) + 0.5) / len(own)
    return shuffled[np.argsort(position[shuffled], kind="stable")]


def _enough(folds: list[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    tested = 0
    for number, (learnt, held) in enumerate(folds):
        if number >= FEWEST_FOLDS and tested >= ENOUGH_TESTED:
            return
        tested += len(held)
        yield learnt, held


def _chosen(
    counted: NgramCounts,
    labels: np.ndarray,
    classes: int,
    seed: int,
    weights: np.ndarray | None,
) -> tuple[str, float]:
    """Chooses weighting and penalty by cross-validation on some of the texts."""
    drawn = np.random.default_rng(seed).permutation(len(labels))[:MOST_TUNED]
    _, rows = NgramRows.of_counts(counted, drawn)
    own = None if weights is None else weights[drawn]
    model = fit_linear_model(rows, labels[drawn], classes, seed, weights=own)
    return model.weighting, model.penalty
