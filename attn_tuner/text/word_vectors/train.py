"""Trains word vectors on the user's own texts, as initial values of the embedding.

vectors = train_vectors([store, unlabelled], vocabulary_size=30_000, dimension=100)
embedding.set_weights([vectors])
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from attn_tuner.errors import DataError, SpaceError
from attn_tuner.registry import unknown
from attn_tuner.text.token_store import TokenStore
from attn_tuner.text.word_vectors.cache import cached_vectors
from attn_tuner.text.word_vectors.cooccurrence import cooccurrence_vectors
from attn_tuner.text.word_vectors.skipgram import skipgram_vectors

METHODS = ("skipgram", "cooccurrence")
STANDARD_DEVIATION = 0.15  # Of the initial embedding.
_FORMAT = 1


def train_vectors(
    stores: Sequence[TokenStore],
    vocabulary_size: int,
    dimension: int = 100,
    seed: int = 0,
    *,
    method: str | None = None,
    cache: str | Path | None = None,
    seconds: float | None = None,
) -> np.ndarray:
    """Trains vectors of the words with ids below `vocabulary_size`.

    Give the training part and unlabelled texts, never validation or test texts.

    Args:
        stores: iterable with `ids` and `offsets`, as `TokenStore`.
        vocabulary_size: int; larger ids are read as unknown.
        dimension: int, width of a vector.
        seed: int, for all random choices.
        method: "skipgram" (gensim) or "cooccurrence"; "skipgram" if gensim is installed.
        cache: path of a folder that keeps the vectors, named by a hash of texts and settings; equal
            calls then read them from there.
        seconds: float, time limit of skip-grams; not part of the hash. Counting needs less time.

    Returns:
        `(vocabulary_size, dimension)`, float32, mean 0 and standard deviation `STANDARD_DEVIATION`
        over the words that occur. Row 0, padding, is zeros. Row 1, unknown, and words that do not
        occur are the mean of the rarest tenth of the others, as such words are rare themselves.

    Raises:
        DataError: the texts contain no word of the vocabulary.
        MissingExtra: skip-grams were asked for and gensim is not installed.
        SpaceError: the method is unknown.
    """
    method = method or METHODS[0 if importlib.util.find_spec("gensim") else 1]
    if method not in METHODS:
        raise SpaceError(unknown("method for word vectors", method, METHODS))
    key = (_FORMAT, method, vocabulary_size, dimension, seed)

    def trained() -> np.ndarray:
        if method == "skipgram":
            vectors = skipgram_vectors(stores, vocabulary_size, dimension, seed, seconds)
        else:
            vectors = cooccurrence_vectors(stores, vocabulary_size, dimension, seed)
        return standardize_vectors(vectors, _counts(stores, vocabulary_size))

    return cached_vectors(stores, key, (vocabulary_size, dimension), cache, trained)


def standardize_vectors(vectors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Centres and scales vectors, and fills in those of words that do not occur.

        v = STANDARD_DEVIATION (v - mean) / standard deviation,   over the words that occur

    Args:
        vectors: `(words, dimension)` float.
        counts: `(words,)` int, occurrences of each word; 0 for a word without a vector.

    Raises:
        DataError: no word other than padding and unknown occurs.
    """
    known = np.flatnonzero(counts > 0)
    known = known[known > 1]
    if not len(known):
        raise DataError(
            "The texts contain no word of the vocabulary, so no word vectors can be trained."
        )
    centred = vectors - vectors[known].mean(axis=0)
    vectors = STANDARD_DEVIATION * centred / max(float(centred[known].std()), 1e-9)
    rarest = known[np.argsort(counts[known], kind="stable")[: -(-len(known) // 10)]]
    whole = np.tile(vectors[rarest].mean(axis=0), (len(vectors), 1))
    whole[known] = vectors[known]
    whole[0] = 0.0
    return whole.astype("float32")


def _counts(stores, words) -> np.ndarray:
    counts = np.zeros(words, "int64")
    for store in stores:
        ids = np.asarray(store.ids)
        counts += np.bincount(ids[ids < words], minlength=words)
    return counts
