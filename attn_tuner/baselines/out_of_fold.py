"""Predicts the class of every text by linear models that have not learnt from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from attn_tuner.baselines.folds import Fold, cross_validation_folds
from attn_tuner.baselines.linear_model import (
    MAX_ONE_VS_REST,
    PLAIN,
    WEIGHTINGS,
    LinearModel,
    fit_linear_model,
    fit_regression,
)

FOLDS = 5, 3  # Three where a class has too few texts for five.
MOST_LEARNT = 20_000  # Texts that a fit learns from; more take time and change the order little.
MOST_TUNED = 5_000  # Texts that the penalty is chosen on.
MOST_CHARACTERS = 3_000_000  # With more in all texts, counting their n-grams takes too long.
_CHARACTER_COLUMNS = 200_000  # The most frequent n-grams.

Learner = tuple[sparse.csr_matrix, str]  # Rows of all texts, and a key of `WEIGHTINGS`.


@dataclass(frozen=True, eq=False)
class Committee:
    """Linear models of the same texts whose probabilities are averaged.

    The models are logistic regressions on TF-IDF of word n-grams; up to `MAX_ONE_VS_REST` classes
    also on the same scaled by log-count ratios and, where all texts together are short enough, on
    TF-IDF of character n-grams. They share the penalty that cross-validation chooses for the words.

    Args:
        learners: the rows (texts, columns) of each model, and its weighting.
        labels: (texts,) int, class of each text.
        classes: int, number of classes.
        penalty: float, C of the regressions.
        weights: (texts,) float, weight of each text in the fits; None for equal weights.
        seed: int, for the choice of the texts learnt from where there are too many.
    """

    learners: Sequence[Learner]
    labels: np.ndarray
    classes: int
    penalty: float
    weights: np.ndarray | None = None
    seed: int = 0

    @classmethod
    def of(
        cls,
        rows: sparse.csr_matrix,
        texts: Sequence[str],
        labels: np.ndarray,
        classes: int,
        seed: int = 0,
        weights: np.ndarray | None = None,
        groups: np.ndarray | None = None,
        times: np.ndarray | None = None,
    ) -> "Committee":
        """Chooses the models and their penalty.

        Args:
            rows: (texts, columns) sparse, TF-IDF of word n-grams.
            texts: sequence of str, for the character n-grams; empty leaves these out.
            labels, classes, weights: as above.
            seed: int, also for the cross-validation folds.
            groups, times: (texts,), as in `folds.cross_validation_folds`.
        """
        kept = _drawn(np.arange(len(labels)), seed, MOST_TUNED)
        beside = (None if each is None else each[kept] for each in (weights, groups, times))
        penalty = fit_linear_model(rows[kept], labels[kept], classes, seed, None, *beside).penalty
        if classes > MAX_ONE_VS_REST:  # One softmax for all of them takes long enough.
            return cls([(rows, PLAIN)], labels, classes, penalty, weights, seed)
        learners: list[Learner] = [(rows, each) for each in WEIGHTINGS]
        if 0 < sum(map(len, texts)) <= MOST_CHARACTERS:
            learners.append((_character_rows(texts), PLAIN))
        return cls(learners, labels, classes, penalty, weights, seed)

    def fit(self, learnt: np.ndarray, learner: int = 0) -> LinearModel:
        """Fits one of the models; the first reads word n-grams as they are.

        Args:
            learnt: (n,) int, places of the texts to fit on; some are drawn if there are too many.
            learner: int, index of the model.
        """
        learnt = _drawn(learnt, self.seed, MOST_LEARNT)
        rows, weighting = self.learners[learner]
        weights = None if self.weights is None else self.weights[learnt]
        facts = (self.classes, weighting, self.penalty, self.seed, weights)
        return fit_regression(rows[learnt], self.labels[learnt], *facts)

    def predict(self, learnt: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Fits on some texts and returns the mean probabilities of others: (asked, classes).

        Args:
            learnt: (n,) int, as in `fit`.
            asked: (m,) int, places of the texts to predict.
        """
        found = [
            self.fit(learnt, learner)(rows[asked])
            for learner, (rows, _) in enumerate(self.learners)
        ]
        return np.mean(found, axis=0)

    def out_of_fold(self, folds: Sequence[Fold]) -> np.ndarray:
        """Predicts each text from the fold that held it out.

        Args:
            folds: pairs of places (learnt, held out).

        Returns:
            (texts, classes) float64; NaN for texts that no fold held out, as the earliest where
            folds follow the time.
        """
        found = np.full((len(self.labels), self.classes), np.nan)
        for learnt, held in folds:
            found[held] = self.predict(learnt, held)
        return found


def folds_to_judge(
    labels: np.ndarray,
    seed: int,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> list[Fold]:
    """Divides texts into five folds, or three; see `folds.cross_validation_folds`."""
    tried: Iterator[list[Fold]] = (
        cross_validation_folds(labels, seed, groups, times, count) for count in FOLDS
    )
    return next(filter(None, tried), [])


def _drawn(places: np.ndarray, seed: int, most: int) -> np.ndarray:
    if len(places) <= most:
        return places
    return np.random.default_rng(seed).choice(places, most, replace=False)


def _character_rows(texts: Sequence[str]) -> sparse.csr_matrix:
    """Weights n-grams of 2 to 5 characters within words by TF-IDF: (texts, columns)."""
    count = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 5),
        sublinear_tf=True,
        max_features=_CHARACTER_COLUMNS,
        dtype=np.float32,
    )
    return count.fit_transform(texts)
