"""Trains word vectors from co-occurrence counts; needs no optional package."""

from collections.abc import Iterable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from attn_tuner.text.token_store import TokenStore

WINDOW = 5
CONTEXTS = 10_000  # Most frequent words that serve as contexts.
SMOOTHING = 0.75
_CHUNK = 2_000_000  # Tokens counted at once, which needs 160 MB.


def cooccurrence_vectors(
    stores: Iterable[TokenStore],
    vocabulary_size: int,
    dimension: int,
    seed: int = 0,
    window: int = WINDOW,
) -> np.ndarray:
    """Factorises the positive pointwise mutual information (PPMI) of words and contexts.

        n_wc = sum over pairs of (window + 1 - distance) / window
        M_wc = max(0, log n_wc / (n_w q_c)),   q_c = n_c^0.75 / sum_j n_j^0.75
        M ~ U S V^T,   vectors = U S^(1/2)

    Deterministic for a seed, and fast: one pass of counting and a randomised decomposition.

    Args:
        stores: iterable with `ids` and `offsets`, as `TokenStore`.
        vocabulary_size: int; larger ids are read as unknown.
        dimension: int, width of a vector.
        seed: int, for the randomised decomposition.
        window: int, tokens to either side.

    Shapes:
        `(vocabulary_size, dimension)`, float32; zeros for words that stand nowhere.

    Reference:
        Levy, Goldberg & Dagan 2015, sections 2.1-3.3. https://aclanthology.org/Q15-1016
    """
    counts = count_pairs(stores, vocabulary_size, window, min(CONTEXTS, vocabulary_size))
    information = positive_information(counts)
    rank = min(dimension, min(information.shape) - 1)
    vectors = np.zeros((vocabulary_size, dimension), "float32")
    if rank > 0 and information.nnz:
        left, sizes, _ = randomized_svd(
            information, rank, n_oversamples=10, n_iter=2, random_state=seed
        )
        vectors[:, :rank] = left * np.sqrt(sizes)
    return vectors


def count_pairs(
    stores: Iterable[TokenStore], words: int, window: int, contexts: int
) -> sparse.csr_matrix:
    """Counts how often each word has each context nearby, weighted by closeness.

    No pair crosses from one text to the next.

    Shapes:
        `(words, contexts)`, float32; row and column 0, padding, are empty.
    """
    total = sparse.csr_matrix((words, contexts), dtype="float32")
    for store in stores:
        ids = _padded_ids(store, words, window)
        for start in range(window, len(ids) - window, _CHUNK):
            stop = min(start + _CHUNK, len(ids) - window)
            total = total + _count(ids[start - window : stop + window], words, window, contexts)
    keep = sparse.diags((np.arange(words) > 0).astype("float32"))
    total = keep @ total
    total.eliminate_zeros()
    return total.tocsr()


def positive_information(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Computes positive pointwise mutual information; see `cooccurrence_vectors`."""
    of_word = np.asarray(counts.sum(axis=1), "float64").ravel()
    of_context = np.asarray(counts.sum(axis=0), "float64").ravel() ** SMOOTHING
    of_context /= max(of_context.sum(), 1e-12)
    pairs = counts.tocoo()
    found = np.log(pairs.data / (of_word[pairs.row] * of_context[pairs.col]))
    found = sparse.csr_matrix(
        (np.maximum(found, 0).astype("float32"), (pairs.row, pairs.col)), shape=counts.shape
    )
    found.eliminate_zeros()
    return found


def _padded_ids(store, words, window) -> np.ndarray:
    """Concatenates all ids with `window` zeros before, between and after the texts."""
    ids = np.asarray(store.ids)
    lengths = np.diff(store.offsets)
    padded = np.zeros(len(ids) + window * (len(lengths) + 1), "int32")
    place = np.arange(len(ids)) + window * (1 + np.repeat(np.arange(len(lengths)), lengths))
    padded[place] = np.where(ids < words, ids, 1)
    return padded


def _count(ids, words, window, contexts) -> sparse.csr_matrix:
    """Counts pairs as a matrix product: words x positions times positions x contexts."""
    near = sliding_window_view(ids, 2 * window + 1)
    near = np.delete(near, window, axis=1)
    near = np.where(near < contexts, near, 0).ravel()
    distance = np.abs(np.delete(np.arange(-window, window + 1), window))
    weight = ((window + 1 - distance) / window).astype("float32")
    positions = len(ids) - 2 * window
    weights = np.where(near > 0, np.tile(weight, positions), 0).astype("float32")
    starts = np.arange(0, len(near) + 1, 2 * window)
    contexts_nearby = sparse.csr_matrix((weights, near, starts), shape=(positions, contexts))
    own = ids[window : window + positions]
    ends = np.concatenate([[0], np.cumsum(np.bincount(own, minlength=words))])
    where = np.argsort(own, kind="stable")
    ones = np.ones(positions, "float32")
    words_at = sparse.csr_matrix((ones, where, ends), shape=(words, positions))
    return words_at @ contexts_nearby
