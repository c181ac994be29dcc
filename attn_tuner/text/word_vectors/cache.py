"""Keeps word vectors in a folder, under a hash of the texts and settings that made them."""

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from attn_tuner.errors import DamagedFile
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.checked_files import read_array, sealed
from attn_tuner.storage.layout import vectors_file
from attn_tuner.text.token_store import TokenStore


def cached_vectors(
    stores: Sequence[TokenStore],
    settings: tuple,
    shape: tuple[int, int],
    folder: str | Path | None,
    make: Callable[[], np.ndarray | None],
) -> np.ndarray | None:
    """Returns the vectors that the folder holds; else makes them, and keeps them there.

    Args:
        stores: the texts from which they are made.
        settings: whatever else decides what they are.
        shape: of the vectors.
        folder: where they are kept; None for nowhere.
        make: makes them; what it returns as None is not kept.
    """
    path = folder and Path(folder) / vectors_file(fingerprint(stores, settings))
    if path and path.exists():
        with contextlib.suppress(DamagedFile):  # They are made again.
            return read_array(path, shape)
    vectors = make()
    if path and vectors is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda temporary: sealed(np.save, temporary, vectors))
    return vectors


def fingerprint(stores: Sequence[TokenStore], settings: tuple) -> str:
    """Hashes the tokens, their division into texts, and the settings: 16 hex digits."""
    digest = hashlib.blake2b(repr(settings).encode(), digest_size=8)
    for store in stores:
        digest.update(np.ascontiguousarray(store.offsets, "<i8").tobytes())
        digest.update(np.ascontiguousarray(store.ids, "<i4").data)
    return digest.hexdigest()
