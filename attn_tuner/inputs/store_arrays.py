"""Arrays that data of every kind of input have beside the inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def numbered_groups(groups: Sequence | np.ndarray | None) -> np.ndarray | None:
    """Returns the number of each input's group, `(inputs,)` int32; None for no groups."""
    if groups is None:
        return None
    return np.unique(groups, return_inverse=True)[1].astype(np.int32)


def joined_arrays(arrays: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """Joins arrays of which each may be None; None unless all are there."""
    found = [each for each in arrays if each is not None]
    return np.concatenate(found) if len(found) == len(arrays) else None


def joined_weights(stores: Sequence[Any]) -> np.ndarray | None:
    """Joins the weights of stores, 1 where a store has none; None where none has any.

    Args:
        stores: each with `weights`, `(inputs,)` float32 or None.
    """
    if all(store.weights is None for store in stores):
        return None
    return np.concatenate(
        [
            np.ones(len(store), "float32") if store.weights is None else store.weights
            for store in stores
        ]
    )
