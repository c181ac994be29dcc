"""Maps n-grams to columns of a linear model by hashing, and damps their counts.

Only arithmetic that NumPy arrays and the tensors of every framework share.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

BUCKETS = 1 << 20  # Maximum number of columns for hashed n-grams of two and more.
MAX_COUNT = 8  # Maximum count of an n-gram in a text.
_HALF = 1 << 10  # Square root of BUCKETS.
_FIRST, _NEXT = 0x9E37D, 0xB5297  # Odd, so that multiplication permutes the buckets.


def next_bucket(bucket: Any, following: Any, length: int) -> Any:
    """Hashes an n-gram from the bucket of its first n - 1 tokens and its last token.

        b_1 = id_1;   b_n = (b_(n-1) p + id_n q + n) mod BUCKETS

    Intermediate numbers stay below 2^31, so that int32 suffices in every framework.
    """
    return (_times(bucket, _FIRST) + _times(following % BUCKETS, _NEXT) + length) % BUCKETS


def buckets_for(tokens: int) -> int:
    """Chooses the columns for n-grams of two and more: a power of 2 above twice the tokens."""
    return min(BUCKETS, 1 << int(2 * tokens).bit_length())


def _times(number, factor: int):
    """Multiplies modulo `BUCKETS` in two halves, so that no product exceeds int32."""
    high = (number // _HALF * factor) % _HALF
    return (number % _HALF * factor + high * _HALF) % BUCKETS


def log_count(counts: ArrayLike) -> np.ndarray:
    """Damps how often an n-gram occurs in a text: f(n) = 1 + log min(n, 8)."""
    return 1.0 + np.log(np.minimum(counts, MAX_COUNT))
