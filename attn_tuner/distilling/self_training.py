"""A teacher that linear models make of the labels of a search and of many texts without labels."""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from attn_tuner.baselines.folds import cross_validation_folds
from attn_tuner.baselines.linear_model import BOTH, fit_linear_model, fit_regression
from attn_tuner.baselines.ngram_rows import NgramCounts, NgramRows
from attn_tuner.distilling.soft_labels import drawn, joined, plain
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.encoded_texts import EncodedTexts

ROUNDS = 2
TRUSTED_SHARE = 0.6  # Of the texts without labels whose answers are learnt in the next round.
FIRST_SHARE = 0.5  # Of the answers that were learnt from labels alone, in those of each round.
NGRAM_PENALTY = 1.0  # C of the regression on n-grams, of many texts.
MEANS_PENALTIES = (10.0, 20.0)  # C of that on mean word vectors: of labels alone, of many texts.
TEMPERATURE = 0.5
MOST_TEXTS = 50_000  # Without labels; more take longer than they help.
MOST_JUDGED = 2_000  # Labelled texts, and as many others, by which the rounds are chosen.
_LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class SelfTraining:
    """Answers texts without labels by what the labelled ones and the others show together.

    Two linear models are fitted to the labelled texts: n of n-grams, as the linear baseline, and v
    of the mean of a text's word vectors, weighted by TF-IDF, which were learnt from all texts.
    Their mean answers the others. In each round both are fitted again, to the labels and to the
    surest `TRUSTED_SHARE` of the answers of each class, and a part of the first answers is kept:

        T_0 = (n_0 + v_0) / 2,    T_k = a T_0 + (1 - a) (n_k + v_k) / 2,    a = FIRST_SHARE

    Whether there are `ROUNDS` rounds or none is chosen by the accuracy on labelled texts that are
    held out, of cross-validation. The last answers p become targets that are more certain:

        q_c = p_c^(1/t) / sum_j p_j^(1/t),    t = TEMPERATURE

    Validation and test texts are not read.

    Args:
        vectors: `(words, width)` word vectors by id; None for n-grams alone.
        classes: int, number of classes.
        seed: int, for the folds and the draw of the texts.

    Reference:
        Amini et al. 2025 for self-training, https://arxiv.org/abs/2202.12040; Berthelot et al.
        2019, eq. 7, for q, https://arxiv.org/abs/1905.02249
    """

    vectors: np.ndarray | None
    classes: int
    seed: int = 0

    def soft(self, stored: EncodedTexts, room: int = MOST_TEXTS) -> tuple[TokenStore, int]:
        """Returns texts with soft labels, and how many of them have no label of their own.

        Training texts keep their labels.

        Args:
            stored: the texts of the search, some without labels.
            room: texts without labels at most.
        """
        train = stored.stores["train"]
        others = drawn(stored.stores["unlabelled"], min(room, MOST_TEXTS), self.seed)
        answers = self.answers(train, others, self.best_rounds(train, others))
        return joined(train, None, others, sharpened(answers)), len(others)

    def best_rounds(self, train: TokenStore, others: TokenStore) -> int:
        """Returns after how many rounds most labelled texts are answered rightly, if held out.

        Args:
            train: labelled texts.
            others: texts without labels.
        """
        labelled = drawn(train, MOST_JUDGED, self.seed)
        few = plain(drawn(others, MOST_JUDGED, self.seed))
        right = dict.fromkeys((0, ROUNDS), 0)
        divided = (labelled.groups, labelled.times)
        for learnt, held in cross_validation_folds(labelled.labels, self.seed, *divided):
            hidden = labelled.take(held)
            asked = TokenStore.concatenate([plain(hidden), few])
            answering = self._answering(labelled.take(learnt), asked)
            for rounds in right:
                answers = answering(rounds)[: len(hidden)]
                right[rounds] += int((answers.argmax(axis=1) == hidden.labels).sum())
        return max(right, key=lambda rounds: right[rounds])

    def answers(self, train: TokenStore, others: TokenStore, rounds: int) -> np.ndarray:
        """Returns probabilities of texts without labels, `(texts, classes)`.

        Args:
            train: labelled texts.
            others: the texts without labels.
            rounds: int, of self-training.
        """
        return self._answering(train, others)(rounds)

    def _answering(self, train: TokenStore, others: TokenStore) -> "_Answering":
        texts = TokenStore.concatenate([plain(train), plain(others)])
        counted = NgramCounts.of(texts)
        ngrams = NgramRows.of_counts(counted)[1]
        means = None if self.vectors is None else mean_vectors(counted.counts, self.vectors)
        weights = np.ones(len(train)) if train.weights is None else np.asarray(train.weights)
        labels = np.asarray(train.labels)
        return _Answering(ngrams, means, labels, weights.astype("float64"), self.classes, self.seed)


@dataclass(frozen=True, eq=False)
class _Answering:
    """Answers texts after any number of rounds; what labels alone teach is fitted once.

    Args:
        ngrams, means: rows of the labelled texts, then of the others; no means without vectors.
        labels, weights: of the labelled texts.
        classes, seed: as of `SelfTraining`.
    """

    ngrams: sparse.csr_matrix
    means: np.ndarray | None
    labels: np.ndarray
    weights: np.ndarray
    classes: int
    seed: int

    def __call__(self, rounds: int) -> np.ndarray:
        """Returns probabilities of the texts without labels."""
        count, known = len(self.labels), np.arange(len(self.labels))
        first = self._first_by_ngrams
        if self.means is not None:
            first = (first + self._first_by_means) / 2
        found = first
        for _ in range(rounds):
            sure = surest(found, TRUSTED_SHARE)
            places = np.concatenate([known, count + sure])
            targets = np.concatenate([self.labels, found[sure].argmax(axis=1)])
            weights = np.concatenate([self.weights, np.full(len(sure), self.weights.mean())])
            rows, given = self.ngrams[places], (BOTH, NGRAM_PENALTY, self.seed, weights)
            again = fit_regression(rows, targets, self.classes, *given)(self.ngrams[count:])
            if self.means is not None:
                again = (again + self._by_means(places, targets, weights, MEANS_PENALTIES[1])) / 2
            found = FIRST_SHARE * first + (1 - FIRST_SHARE) * again
        return found

    @cached_property
    def _first_by_ngrams(self) -> np.ndarray:
        count, options = len(self.labels), {"seed": self.seed, "weights": self.weights}
        model = fit_linear_model(self.ngrams[:count], self.labels, self.classes, **options)
        return model(self.ngrams[count:])

    @cached_property
    def _first_by_means(self) -> np.ndarray:
        known = np.arange(len(self.labels))
        return self._by_means(known, self.labels, self.weights, MEANS_PENALTIES[0])

    def _by_means(
        self, places: np.ndarray, targets: np.ndarray, weights: np.ndarray, penalty: float
    ) -> np.ndarray:
        """Fits a regression to some of the texts and answers those without labels."""
        means = cast(np.ndarray, self.means)
        asked = means[len(self.labels) :]
        found = np.zeros((len(asked), self.classes))
        there = np.unique(targets)
        if len(there) == 1:
            found[:, there] = 1.0
            return found
        model = LogisticRegression(C=penalty, max_iter=1_000).fit(means[places], targets, weights)
        found[:, there] = model.predict_proba(asked)
        return found


def mean_vectors(counts: sparse.csr_matrix, vectors: np.ndarray) -> np.ndarray:
    """Returns the mean word vector of each text, weighted by TF-IDF: `(texts, width)`, length 1.

    Args:
        counts: as of `NgramCounts`, words first.
        vectors: `(words, width)`.
    """
    weighed = TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, : len(vectors)])
    means = np.asarray(weighed @ vectors[: weighed.shape[1]], "float32")
    return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), _LEAST)


def surest(answers: np.ndarray, share: float) -> np.ndarray:
    """Returns the places of the surest answers of each class, the same share of all classes.

    Args:
        answers: probabilities `(texts, classes)`.
        share: float, of the answers of a class, at least one.
    """
    best, sureness = answers.argmax(axis=1), answers.max(axis=1)
    chosen = []
    for number in np.unique(best):
        places = np.flatnonzero(best == number)
        order = places[np.argsort(-sureness[places], kind="stable")]
        chosen.append(order[: max(1, round(share * len(order)))])
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, int)


def sharpened(answers: np.ndarray, temperature: float = TEMPERATURE) -> np.ndarray:
    """Returns probabilities that are more certain, `(texts, classes)`; see `SelfTraining`."""
    powers = np.maximum(answers, _LEAST) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)
