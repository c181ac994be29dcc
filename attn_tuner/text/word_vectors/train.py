"""Word vectors to start the embedding from: learnt from the user's own texts.

vectors = train_vectors([store, unlabelled], vocabulary_size=30_000, dimension=100)
embedding.set_weights([vectors])
"""

import contextlib
import hashlib
import importlib.util
from pathlib import Path

import numpy as np

from attn_tuner.errors import DamagedFile, DataError, SpaceError
from attn_tuner.registry import unknown
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.checked_files import read_array, sealed
from attn_tuner.storage.layout import vectors_file
from attn_tuner.text.word_vectors.cooccurrence import cooccurrence_vectors
from attn_tuner.text.word_vectors.skipgram import skipgram_vectors

METHODS = ("skipgram", "cooccurrence")
SPREAD = 0.15  # Standard deviation of what a model starts from.
_FORMAT = 1


def train_vectors(
    stores,
    vocabulary_size: int,
    dimension: int = 100,
    seed: int = 0,
    *,
    method: str | None = None,
    cache=None,
    seconds: float | None = None,
) -> np.ndarray:
    """Vectors of the words with ids below `vocabulary_size`, from the tokens of these texts.

    Give the training part and unlabelled texts; validation and test texts have no place here.

    Args:
        stores: each with `ids` and `offsets`, as a `TokenStore`.
        vocabulary_size: ids from here on read as unknown.
        dimension: width of a vector.
        seed: of all that is random.
        method: "skipgram" (gensim) or "cooccurrence"; the former where gensim is installed.
        cache: a folder that keeps the vectors under a name that stands for the texts and all
            settings; whoever asks again for the same gets what lies there.
        seconds: when skip-grams end; counting takes its own, shorter time. Not part of the name.

    Returns:
        `(vocabulary_size, dimension)`, float32, of mean 0 and standard deviation `SPREAD` over
        the words that occur. Row 0, padding, is zeros. Row 1, unknown, and words that these texts
        lack are the mean of the rarest tenth of the others, as such words are rare themselves.

    Raises:
        DataError: the texts hold no word.
        MissingExtra: skip-grams were asked for and gensim is not installed.
        SpaceError: the method is unknown.
    """
    method = method or METHODS[0 if importlib.util.find_spec("gensim") else 1]
    if method not in METHODS:
        raise SpaceError(unknown("method for word vectors", method, METHODS))
    key = (_FORMAT, method, vocabulary_size, dimension, seed)
    path = cache and Path(cache) / vectors_file(fingerprint(stores, key))
    if path and path.exists():
        with contextlib.suppress(DamagedFile):  # Then they are learnt again.
            return read_array(path, (vocabulary_size, dimension))
    if method == "skipgram":
        vectors = skipgram_vectors(stores, vocabulary_size, dimension, seed, seconds)
    else:
        vectors = cooccurrence_vectors(stores, vocabulary_size, dimension, seed)
    vectors = finished(vectors, _counts(stores, vocabulary_size))
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda temporary: sealed(np.save, temporary, vectors))
    return vectors


def finished(vectors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The vectors centred, scaled, and filled in where a word does not occur.

        v = SPREAD (v - mean) / standard deviation,   over the words with a count

    Args:
        vectors: `(words, dimension)`.
        counts: `(words,)` how often each word stands in the texts; 0 for one without a vector.

    Raises:
        DataError: no word beside padding and unknown has a count.
    """
    known = np.flatnonzero(counts > 0)
    known = known[known > 1]
    if not len(known):
        raise DataError(
            "Word vectors need texts with words of the vocabulary; there is none in them."
        )
    centred = vectors - vectors[known].mean(axis=0)
    vectors = SPREAD * centred / max(float(centred[known].std()), 1e-9)
    rarest = known[np.argsort(counts[known], kind="stable")[: -(-len(known) // 10)]]
    whole = np.tile(vectors[rarest].mean(axis=0), (len(vectors), 1))
    whole[known] = vectors[known]
    whole[0] = 0.0
    return whole.astype("float32")


def fingerprint(stores, settings) -> str:
    """16 hex digits that stand for these tokens, divided into texts like this, and settings."""
    digest = hashlib.blake2b(repr(settings).encode(), digest_size=8)
    for store in stores:
        digest.update(np.ascontiguousarray(store.offsets, "<i8").tobytes())
        digest.update(np.ascontiguousarray(store.ids, "<i4").data)
    return digest.hexdigest()


def _counts(stores, words) -> np.ndarray:
    counts = np.zeros(words, "int64")
    for store in stores:
        ids = np.asarray(store.ids)
        counts += np.bincount(ids[ids < words], minlength=words)
    return counts
