"""Judges every label by models that have not learnt from its text."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from attn_tuner.baselines.ngram_rows import NgramRows
from attn_tuner.baselines.out_of_fold import Committee, folds_to_judge
from attn_tuner.checking.checked_texts import CheckedTexts
from attn_tuner.text.token_ids import UNKNOWN
from attn_tuner.text.token_store import TokenStore
from attn_tuner.text.vectorizer import Vectorizer

_MOST_TOKENS = 2_000  # Of a text, in which n-grams are located.


@dataclass(frozen=True, eq=False)
class Judgement:
    """Texts, the linear models that read them, and what these say of each without knowing it.

    Args:
        checked: the texts.
        vectorizer: what splits them into tokens.
        store: their ids.
        ngrams: the n-grams of the rows.
        rows: (texts, columns) sparse, TF-IDF.
        committee: the models.
        probabilities: (texts, classes), out-of-fold, of the models stacked; NaN for texts that no
            fold held out.
        mean: (texts, classes), the mean of the models' probabilities.
    """

    checked: CheckedTexts
    vectorizer: Vectorizer
    store: TokenStore
    ngrams: NgramRows
    rows: sparse.csr_matrix
    committee: Committee
    probabilities: np.ndarray
    mean: np.ndarray

    @classmethod
    def of(cls, checked: CheckedTexts, seed: int) -> "Judgement | None":
        """Judges the labels; returns None where there are too few texts for folds.

        Args:
            checked: texts whose labels are judged.
            seed: int, for the folds.
        """
        beside = checked.groups, checked.times
        folds = folds_to_judge(checked.labels, seed, *beside)
        if not folds:
            return None
        vectorizer = Vectorizer.build(checked.texts)
        store = TokenStore.encode(checked.split(), vectorizer)
        ngrams, rows = NgramRows.fit(store)
        # Where tokens are characters, their n-grams are those of the rows.
        texts = [] if store.by_character else checked.texts
        facts = len(checked.classes), seed, checked.weights
        committee = Committee.of(rows, texts, checked.labels, *facts)
        answers = committee.out_of_fold(folds)
        found = committee.stacked(answers), answers.mean(axis=0)
        return cls(checked, vectorizer, store, ngrams, rows, committee, *found)

    @property
    def scored(self) -> np.ndarray:
        """Places of the texts that were judged: (n,) int64."""
        return np.flatnonzero(~np.isnan(self.probabilities[:, 0]))

    def ngrams_of(self, index: int) -> Iterator[tuple[int, str]]:
        """Yields column and words of each n-gram of a text, but those with a rare word.

        Args:
            index: int, place of the text.
        """
        between = "" if self.store.by_character else " "
        tokens = self.vectorizer.tokens(self.checked.texts[index])
        ids = self.store[index][:_MOST_TOKENS]
        for column, span in self.ngrams.located(ids):
            if UNKNOWN not in ids[span]:
                yield column, between.join(tokens[span])
