"""Which column of a linear model an n-gram has, and what its repetitions count.

Plain arithmetic, alike on NumPy arrays and on the tensors of every framework.
"""

import numpy as np

BUCKETS = 1 << 20  # Columns at most for n-grams of two and more, found by hash.
MOST_COUNTED = 8  # Of an n-gram that a text repeats more often no more is counted.
_HALF = 1 << 10  # Two of these bits make a bucket's number.
_FIRST, _NEXT = 0x9E37D, 0xB5297  # Odd, so that every id has a place of its own.


def next_bucket(bucket, following, length: int):
    """The bucket of an n-gram from that of its first n - 1 tokens, and its last token.

        b_1 = id_1;   b_n = (b_(n-1) p + id_n q + n) mod BUCKETS

    Numbers stay below 2^31 on the way, so that every framework computes the same in int32. Works
    on whatever has `+`, `*`, `//` and `%`.
    """
    return (_times(bucket, _FIRST) + _times(following % BUCKETS, _NEXT) + length) % BUCKETS


def buckets_for(tokens: int) -> int:
    """Columns for the longer n-grams of so many tokens: the next power of 2 from twice as many."""
    return min(BUCKETS, 1 << int(2 * tokens).bit_length())


def _times(number, factor: int):
    """number x factor mod BUCKETS, in two halves."""
    high = (number // _HALF * factor) % _HALF
    return (number % _HALF * factor + high * _HALF) % BUCKETS


def repeated(counts):
    """f(n) = 1 + log min(n, 8): what n occurrences of an n-gram count."""
    return 1.0 + np.log(np.minimum(counts, MOST_COUNTED))
