"""Finds n-grams that give a class away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

COVERAGE = 0.2  # Share of the texts of a class that hold the n-gram, at least.
PURITY = 0.95  # Share of the texts with the n-gram that are of the class, at least,
_TOGETHER = 0.8  # Share of the texts of the rarer of two n-grams that hold both, at least.
_DEVIATIONS = 1.96  # with a confidence of 97.5 % on that side.


@dataclass(frozen=True)
class Leak:
    """An n-gram that gives a class away.

    Args:
        words: str, the n-gram.
        label: str, the class.
        texts: int, number of texts that hold it.
        elsewhere: int, how many of these are of other classes.
        coverage: float, share of the texts of the class that hold it.
    """

    words: str
    label: str
    texts: int
    elsewhere: int
    coverage: float


def find_leaks(
    rows: sparse.csr_matrix,
    labels: np.ndarray,
    classes: Sequence[str],
    name: Callable[[int, int], str],
) -> tuple[Leak, ...]:
    """Finds the n-grams that a fifth of a class has, and almost no text of another class.

    Of the N texts that hold the n-gram, n are of the class. The n-gram gives the class away if the
    lower end of the 95 % interval of n / N after Wilson is 0.95 or more, which takes 73 texts
    without an exception, and n is a fifth or more of the texts of the class. Where four fifths of
    the texts with one of two such n-grams have the other as well, the more frequent stands for
    both.

    Args:
        rows: (texts, columns) sparse, above 0 where a text holds an n-gram.
        labels: (texts,) int.
        classes: names.
        name: function of a text and a column that returns the n-gram in words, "" if unknown.

    Reference:
        Wilson 1927. https://doi.org/10.1080/01621459.1927.10502953
    """
    there = rows.astype(bool).astype(np.float64)
    one_hot = sparse.csr_matrix(
        (np.ones(len(labels)), (np.arange(len(labels)), labels)),
        shape=(len(labels), len(classes)),
    )
    counts = (there.T @ one_hot).tocsr()  # (columns, classes)
    sizes = np.bincount(labels, minlength=len(classes))
    total = np.asarray(there.sum(axis=0)).ravel()
    most = counts.max(axis=1).toarray().ravel()
    candidates = np.flatnonzero(_wilson_low(most, total) >= PURITY)
    by_column = there.tocsc()
    found: list[Leak] = []
    held: list[tuple[int, np.ndarray]] = []  # Class and texts of each.
    for column in sorted(candidates.tolist(), key=lambda each: (-total[each], each)):
        label = int(counts[column].toarray().argmax())
        coverage = float(most[column] / sizes[label])
        if coverage < COVERAGE:
            continue
        texts = by_column.indices[by_column.indptr[column] : by_column.indptr[column + 1]]
        if any(label == other and _together(texts, others) for other, others in held):
            continue
        words = name(int(texts[0]), column)
        if words:
            held.append((label, texts))
            elsewhere = int(total[column] - most[column])
            found.append(Leak(words, classes[label], int(total[column]), elsewhere, coverage))
    return tuple(found)


def _together(texts: np.ndarray, others: np.ndarray) -> bool:
    return len(np.intersect1d(texts, others)) >= _TOGETHER * min(len(texts), len(others))


def _wilson_low(hits: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Computes the lower end of Wilson's interval of a share: (n,)."""
    total, square = np.maximum(total, 1), _DEVIATIONS**2
    share = hits / total
    spread = np.sqrt(share * (1 - share) / total + square / (4 * total**2))
    return (share + square / (2 * total) - _DEVIATIONS * spread) / (1 + square / total)
