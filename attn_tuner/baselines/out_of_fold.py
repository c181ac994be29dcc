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
    fit_regression,
)
from attn_tuner.baselines.naive_bayes import fit_naive_bayes
from attn_tuner.baselines.stacking import stack

FOLDS = 5, 3  # Three where a class has too few texts for five.
MOST_LEARNT = 20_000  # Texts that a fit learns from; more take time and change the order little.
MOST_STACKED = 5_000  # Texts that weigh the models against each other.
PENALTY = 4.0  # C of the regressions; what cross-validation chooses finds no more wrong labels.
BAYES = "bayes"
MOST_CHARACTERS = 3_000_000  # With more in all texts, counting their n-grams takes too long.
_CHARACTER_COLUMNS = 200_000  # The most frequent n-grams.

Learner = tuple[sparse.csr_matrix, str]  # Rows of all texts; `BAYES` or a key of `WEIGHTINGS`.


@dataclass(frozen=True, eq=False)
class Committee:
    """Linear models that read the same texts in different ways.

    The first is a logistic regression on TF-IDF of word n-grams. Up to `MAX_ONE_VS_REST` classes
    there are also one on the same scaled by log-count ratios, and naive Bayes; where all texts
    together are short enough, a regression and naive Bayes on TF-IDF of character n-grams.

    Args:
        learners: the rows (texts, columns) of each model, and its kind.
        labels: (texts,) int, class of each text.
        classes: int, number of classes.
        weights: (texts,) float, weight of each text in the fits; None for equal weights.
        seed: int, for the choice of the texts learnt from where there are too many.
    """

    learners: Sequence[Learner]
    labels: np.ndarray
    classes: int
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
    ) -> "Committee":
        """Chooses the models.

        Args:
            rows: (texts, columns) sparse, TF-IDF of word n-grams.
            texts: sequence of str, for the character n-grams; empty leaves these out.
            labels, classes, seed, weights: as above.
        """
        if classes > MAX_ONE_VS_REST:  # One softmax for all of them takes long enough.
            return cls([(rows, PLAIN)], labels, classes, weights, seed)
        learners: list[Learner] = [(rows, each) for each in (*WEIGHTINGS, BAYES)]
        if 0 < sum(map(len, texts)) <= MOST_CHARACTERS:
            characters = _character_rows(texts)
            learners += [(characters, PLAIN), (characters, BAYES)]
        return cls(learners, labels, classes, weights, seed)

    def fit(self, learnt: np.ndarray, learner: int = 0) -> LinearModel:
        """Fits one of the models; the first reads word n-grams as they are.

        Args:
            learnt: (n,) int, places of the texts to fit on; some are drawn if there are too many.
            learner: int, index of the model.
        """
        learnt = _drawn(learnt, self.seed, MOST_LEARNT)
        rows, kind = self.learners[learner]
        weights = None if self.weights is None else self.weights[learnt]
        given = rows[learnt], self.labels[learnt], self.classes
        if kind == BAYES:
            return fit_naive_bayes(*given, weights)
        return fit_regression(*given, kind, PENALTY, self.seed, weights)

    def answers(self, learnt: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Fits on some texts and predicts others with each model: (models, asked, classes).

        Args:
            learnt: (n,) int, as in `fit`.
            asked: (m,) int, places of the texts to predict.
        """
        found = [
            self.fit(learnt, learner)(rows[asked])
            for learner, (rows, _) in enumerate(self.learners)
        ]
        return np.stack(found)

    def predict(self, learnt: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Returns the mean of `answers`: (asked, classes)."""
        return self.answers(learnt, asked).mean(axis=0)

    def out_of_fold(self, folds: Sequence[Fold]) -> np.ndarray:
        """Predicts each text from the fold that held it out: (models, texts, classes) float64.

        Args:
            folds: pairs of places (learnt, held out).

        Returns:
            NaN for texts that no fold held out, as the earliest where folds follow the time.
        """
        found = np.full((len(self.learners), len(self.labels), self.classes), np.nan)
        for learnt, held in folds:
            found[:, held] = self.answers(learnt, held)
        return found

    def stacked(self, answers: np.ndarray) -> np.ndarray:
        """Joins out-of-fold answers by a regression on the labels: (texts, classes).

        Args:
            answers: from `out_of_fold`.
        """
        joined = answers.mean(axis=0)
        judged = np.flatnonzero(~np.isnan(joined[:, 0]))
        if len(answers) > 1 and len(judged):
            fitted = _drawn(np.arange(len(judged)), self.seed, MOST_STACKED)
            joined[judged] = stack(answers[:, judged], self.labels[judged], fitted)
        return joined


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
