"""The texts of a store as word vectors read them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from attn_tuner.text.token_ids import UNKNOWN
from attn_tuner.text.token_store import TokenStore

TOGETHER = 1_000  # Texts that are counted at once; for each alone it takes longer.


def stored_texts(store: TokenStore, vocabulary_size: int) -> Iterator[np.ndarray]:
    """Yields the ids of each text that is not empty, int32, rare ones as unknown.

    Args:
        store: with `ids` and `offsets`.
        vocabulary_size: ids of it and above are rare.
    """
    ids = np.asarray(store.ids)
    ids = np.where(ids < vocabulary_size, ids, UNKNOWN).astype("int32")
    for start, stop in pairwise(store.offsets):
        if stop > start:
            yield ids[start:stop]


def word_counts(texts: Sequence[np.ndarray], vocabulary_size: int) -> np.ndarray:
    """Counts each id in all texts, a thousand texts at a time, `(vocabulary_size,)`."""
    counts = np.zeros(vocabulary_size, "int64")
    for start in range(0, len(texts), TOGETHER):
        part = np.concatenate(texts[start : start + TOGETHER])
        counts += np.bincount(part, minlength=vocabulary_size)
    return counts
