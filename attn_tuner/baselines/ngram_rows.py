"""Counts the n-grams of texts and weights them by TF-IDF: the rows of a linear model."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from attn_tuner.text.ngram_hashing import BUCKETS, MAX_COUNT, buckets_for, next_bucket
from attn_tuner.text.subwords import NOTHING, PartTables
from attn_tuner.text.token_store import TokenStore

MIN_TEXTS = 2  # An n-gram of a single training text does not generalise.


def count_ngrams(store: TokenStore, order: int, buckets: int = BUCKETS) -> sparse.csr_matrix:
    """Counts each n-gram of 1 to `order` tokens in each text, up to 8 occurrences.

    Args:
        store: `TokenStore` of the texts.
        order: int, maximum n.
        buckets: int, columns for n-grams of two and more, which are hashed.

    Shapes:
        `(texts, columns)`; one column per token id, then `buckets`.
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
    found.data = np.minimum(found.data, MAX_COUNT)
    return found


def count_parts(texts: TokenStore, tables: PartTables) -> sparse.csr_matrix:
    """Counts the character n-grams of the words of each text, by bucket, up to 8 of each.

    Args:
        texts: texts whose words outside the vocabulary were encoded with their parts.
        tables: the parts of the words of their vocabulary.

    Shapes:
        `(texts, buckets)`.
    """
    ids = texts.at(np.arange(len(texts.ids)), subwords=True)
    found = tables.buckets_of(ids)
    there = found != NOTHING
    row = np.repeat(np.repeat(np.arange(len(texts)), texts.lengths), there.sum(axis=1))
    counts = np.ones(len(row), "float32")
    shape = (len(texts), tables.buckets)
    counted = sparse.coo_matrix((counts, (row, found[there])), shape=shape).tocsr()
    counted.data = np.minimum(counted.data, MAX_COUNT)
    return counted


@dataclass(frozen=True, eq=False)
class NgramCounts:
    """How often each n-gram is in each text.

    Args:
        order, buckets, words, tables: as in `NgramRows`.
        counts: (texts, columns) sparse, from `count_ngrams`, and from `count_parts` with `tables`.
    """

    order: int
    buckets: int
    words: int
    counts: sparse.csr_matrix
    tables: PartTables | None = None

    @classmethod
    def of(cls, texts: TokenStore) -> "NgramCounts":
        """Counts n-grams of 1 to 2 words, or of 1 to 3 tokens where tokens are characters."""
        order = 3 if texts.by_character else 2
        buckets = buckets_for(len(texts.ids))
        counts = count_ngrams(texts, order, buckets)
        return cls(order, buckets, int(texts.vocabulary_size), counts)

    def with_parts(self, texts: TokenStore, tables: PartTables) -> "NgramCounts":
        """Returns the counts with those of the parts of words behind them.

        Args:
            texts: the `TokenStore` that was counted.
            tables: the parts of the words of its vocabulary.
        """
        counts = sparse.hstack([self.counts, count_parts(texts, tables)]).tocsr()
        return replace(self, counts=counts, tables=tables)


@dataclass(frozen=True, eq=False)
class NgramRows:
    """TF-IDF of n-grams, fitted on the training texts.

        x_w = (1 + log min(n_w, 8)) (1 + log((1 + N) / (1 + N_w))),  rows of length 1

    n_w counts the n-gram w in the text, N_w the training texts that hold it, N all of them. N-grams
    of 1 to 2 words, or of 1 to 3 tokens where tokens are characters, as in Chinese.

    Args:
        order: int, maximum n.
        buckets: int, columns for n-grams of two and more, which are hashed.
        words: int, size of the vocabulary.
        columns: (columns,) int, those of `NgramCounts` that at least two training texts have.
        tfidf: the fitted transformer of scikit-learn.
        tables: the parts of words that are counted too; None for words alone.
    """

    order: int
    buckets: int
    words: int
    columns: np.ndarray
    tfidf: TfidfTransformer
    tables: PartTables | None = None

    @classmethod
    def fit(cls, training: TokenStore) -> tuple["NgramRows", sparse.csr_matrix]:
        """Fits on training texts; returns itself and their rows, (texts, columns)."""
        counted = NgramCounts.of(training)
        return cls.of_counts(counted)

    @classmethod
    def of_counts(
        cls, counted: NgramCounts, learnt: np.ndarray | None = None
    ) -> tuple["NgramRows", sparse.csr_matrix]:
        """Fits on texts that were counted; returns itself and their rows.

        Args:
            counted: n-grams of all texts.
            learnt: (n,) int, places of the training texts; all texts if not given.
        """
        counts = counted.counts if learnt is None else counted.counts[learnt]
        seen = np.bincount(counts.indices, minlength=counts.shape[1])
        columns = np.flatnonzero(seen >= min(MIN_TEXTS, seen.max(initial=0)))
        tfidf = TfidfTransformer(sublinear_tf=True)
        rows = tfidf.fit_transform(counts[:, columns])
        found = cls(counted.order, counted.buckets, counted.words, columns, tfidf, counted.tables)
        return found, rows

    @property
    def frequencies(self) -> np.ndarray:
        """Inverse document frequency of each column: (columns,) float."""
        return self.tfidf.idf_

    def rows(self, texts: TokenStore) -> sparse.csr_matrix:
        """Weights the n-grams of texts that the same vectorizer encoded: (texts, columns)."""
        counts = count_ngrams(texts, self.order, self.buckets)
        if self.tables is not None:
            counts = sparse.hstack([counts, count_parts(texts, self.tables)]).tocsr()
        return self.weigh(counts)

    def weigh(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """Weights n-grams that were counted with this order, these buckets and these parts."""
        return self.tfidf.transform(counts[:, self.columns])

    def located(self, ids: np.ndarray) -> Iterator[tuple[int, slice]]:
        """Yields the column of each n-gram of a text that has one, and where its tokens are.

        Args:
            ids: (tokens,) int, a text.
        """
        ids = np.asarray(ids, "int64")
        bucket = found = ids
        for length in range(1, min(self.order, len(ids)) + 1):
            if length > 1:
                bucket = next_bucket(bucket[:-1], ids[length - 1 :], length)
                found = self.words + bucket % self.buckets
            places = np.searchsorted(self.columns, found)
            for start, place in enumerate(places.tolist()):
                if place < len(self.columns) and self.columns[place] == found[start]:
                    yield place, slice(start, start + length)
