"""What is left of a text that is longer than the limit: its head, its tail, or both ends."""

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.registry import unknown

TRUNCATIONS = ("head", "tail", "ends")


def ends_kept(limit: int, truncation: str) -> tuple[int, int]:
    """How many tokens are kept at the beginning and at the end of a text over the limit.

    Of an odd limit with `truncation="ends"`, the beginning gets the token more.
    """
    if truncation not in TRUNCATIONS:
        raise DataError(unknown("truncation", truncation, TRUNCATIONS))
    if limit < 1:
        raise DataError(f"max_length is {limit}. It should be at least 1 token.")
    first = {"head": limit, "tail": 0, "ends": limit - limit // 2}[truncation]
    return first, limit - first


def cut(tokens, limit: int | None, truncation: str = "head"):
    """The sequence itself where it is short enough, else what `truncation` leaves of it."""
    if limit is None or len(tokens) <= limit:
        return tokens
    first, last = ends_kept(limit, truncation)
    head, tail = tokens[:first], tokens[len(tokens) - last :]
    if isinstance(tokens, np.ndarray):
        return np.concatenate([head, tail])
    return head + tail
