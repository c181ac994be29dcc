"""Orders the columns of word vectors by importance, and fits their number to a model."""

import numpy as np

from attn_tuner.text.token_ids import PADDING, SPECIAL_TOKENS
from attn_tuner.text.word_vectors.read_file import ReadVectors
from attn_tuner.text.word_vectors.train import STANDARD_DEVIATION

WORDS = slice(len(SPECIAL_TOKENS), None)  # Rows of a table of vectors.
_TINY = 1e-12  # In the place of a variance of 0.


def by_importance(
    vectors: np.ndarray, rows: np.ndarray | slice = WORDS
) -> tuple[np.ndarray, np.ndarray]:
    """Rotates vectors to their principal axes, for models with fewer columns.

        v' = v P,   the columns of P are the principal axes, the largest variance first

    Args:
        vectors: `(words, width)`.
        rows: of the words whose axes these are; all but the special tokens if not given.

    Returns:
        The rotated vectors `(words, width)`, float32, and the variances of their columns.
    """
    covariances = np.cov(vectors[rows], rowvar=False, bias=True)
    _, variances, axes = np.linalg.svd(covariances, hermitian=True)
    return (vectors @ axes.T).astype("float32"), variances


def with_width(read: ReadVectors, width: int, seed: int) -> tuple[np.ndarray, float]:
    """Returns vectors of so many columns, by falling importance.

    Of wider vectors the columns with most variance over the words of the vocabulary are kept, and
    scaled to the standard deviation that learnt vectors have. Missing columns are drawn at random,
    with the standard deviation of the last column that there is.

    Args:
        read: the vectors.
        width: int, columns of the result.
        seed: int, for missing columns.

    Returns:
        `(words, width)` float32, and the share of the variance that is kept.

    Reference:
        model2vec reduces embeddings likewise. https://github.com/MinishLab/model2vec
    """
    vectors, variances = by_importance(read.table, read.found)
    missing = width - len(variances)
    if missing > 0:
        least = float(vectors[:, -1].std())
        drawn = np.random.default_rng(seed).normal(0.0, least, (len(vectors), missing))
        drawn[PADDING] = 0.0
        return np.concatenate([vectors, drawn.astype("float32")], axis=1), 1.0
    vectors = vectors[:, :width]
    deviation = float(vectors[read.found].std())
    kept = float(variances[:width].sum() / max(variances.sum(), _TINY))
    return vectors * np.float32(STANDARD_DEVIATION / max(deviation, _TINY)), kept
