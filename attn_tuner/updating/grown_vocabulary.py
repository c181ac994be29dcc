"""Adds the words of new texts to a vocabulary, and reads encoded texts by it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attn_tuner.text.token_store import TokenStore
from attn_tuner.text.vectorizer import Vectorizer

LEAST = 2  # Occurrences of a new word among the new texts.


def grown(vectorizer: Vectorizer, texts: Sequence[str]) -> Vectorizer:
    """Returns a vocabulary with the words of new texts behind its own, which keep their ids.

    Args:
        vectorizer: that of the search.
        texts: new texts of training.
    """
    found = Vectorizer.build(texts, vectorizer.split, minimum_count=LEAST).vocabulary
    known = set(vectorizer.vocabulary)
    added = [word for word in found if word not in known]
    return Vectorizer([*vectorizer.vocabulary, *added], vectorizer.split) if added else vectorizer


def read_by(store: TokenStore, former: Vectorizer, vectorizer: Vectorizer) -> TokenStore:
    """Returns encoded texts as a grown vocabulary reads them.

    New words that stand in them stay unknown: only their ids are known here. Ids that say the parts
    of an unknown word begin at the size of the vocabulary, so they move.

    Args:
        store: texts that `former` encoded.
        former: a vocabulary.
        vectorizer: the same, or what `grown` made of it.
    """
    if vectorizer is former or store.parts is None:
        return replace(store, vocabulary_size=len(vectorizer))
    ends = (len(former.subwords.ends) + 1, len(vectorizer.subwords.ends) + 1)
    parts = np.asarray(store.parts)
    beginning, end = np.divmod(parts - len(former), ends[0])
    moved = (len(vectorizer) + beginning * ends[1] + end).astype(np.int32)
    moved = np.where(parts < len(former), parts, moved)
    return replace(store, vocabulary_size=len(vectorizer), parts=moved)
