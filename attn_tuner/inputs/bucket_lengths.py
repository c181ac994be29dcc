"""Chooses the few lengths to which texts are padded, so that padding costs least."""

import numpy as np
from numpy.typing import ArrayLike

_STEP = 8  # Bucket lengths are multiples of this.
_MOST_CANDIDATES = 512


def choose_bucket_lengths(
    lengths: ArrayLike, bucket_count: int = 8, limit: int | None = None
) -> np.ndarray:
    """Finds the bucket lengths with the least total padding.

        minimise  sum over texts of (lowest rung >= length of the text)

    by dynamic programming over the lengths that occur, rounded up to multiples of 8.

    Args:
        lengths: `(texts,)` int, tokens of each text.
        bucket_count: int, maximum number of lengths.
        limit: int, maximum length; longer texts count as this long.

    Returns:
        (up to bucket_count,) int64; the last one holds every text.
    """
    heights = np.maximum(1, np.asarray(lengths, np.int64))
    heights = -(-heights // _STEP) * _STEP
    if limit is not None:
        heights = np.minimum(heights, limit)
    candidates, counts = np.unique(heights, return_counts=True)
    if not len(candidates):
        return np.array([min(_STEP, limit or _STEP)])
    if len(candidates) > _MOST_CANDIDATES:
        candidates, counts = _thinned(candidates, counts)
    below = np.concatenate([[0], np.cumsum(counts)])
    # cost[j]: padded tokens of all texts up to candidate j, j being a rung.
    cost = candidates * below[1:]
    choices = []
    for _ in range(min(bucket_count, len(candidates)) - 1):
        # Row i, column j: the rung below j is i.
        whole = cost[:, None] + candidates * (below[None, 1:] - below[1:, None])
        whole[np.tri(len(candidates), dtype=bool)] = np.iinfo(np.int64).max
        lower = whole.argmin(axis=0)
        better = whole[lower, np.arange(len(candidates))]
        choices.append(np.where(better < cost, lower, -1))
        cost = np.minimum(cost, better)
    top, chosen = len(candidates) - 1, [len(candidates) - 1]
    for lower in reversed(choices):
        if lower[top] >= 0:
            top = int(lower[top])
            chosen.append(top)
    return candidates[sorted(chosen)]


def _thinned(candidates, counts):
    """Reduces the candidates; each stands for all texts down to the next shorter one."""
    places = np.unique(np.linspace(0, len(candidates) - 1, _MOST_CANDIDATES).astype(int))
    sums = np.diff(np.concatenate([[0], np.cumsum(counts)[places]]))
    return candidates[places], sums
