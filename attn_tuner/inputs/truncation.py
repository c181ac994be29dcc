"""Truncates texts that exceed the length limit: keeps the head, the tail or both ends."""

from typing import TypeVar

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.registry import unknown

T = TypeVar("T", list, np.ndarray)
TRUNCATIONS = ("head", "tail", "ends")


def head_tail_lengths(limit: int, truncation: str) -> tuple[int, int]:
    """Splits a length limit into tokens kept from the beginning and from the end.

    With `truncation="ends"` and an odd limit, the beginning gets the extra token.
    """
    if truncation not in TRUNCATIONS:
        raise DataError(unknown("truncation", truncation, TRUNCATIONS))
    if limit < 1:
        raise DataError(f"max_length is {limit}. It should be at least 1 token.")
    first = {"head": limit, "tail": 0, "ends": limit - limit // 2}[truncation]
    return first, limit - first


def truncate(tokens: T, limit: int | None, truncation: str = "head") -> T:
    """Returns the sequence, shortened to `limit` tokens if it is longer."""
    if limit is None or len(tokens) <= limit:
        return tokens
    first, last = head_tail_lengths(limit, truncation)
    head, tail = tokens[:first], tokens[len(tokens) - last :]
    if isinstance(tokens, np.ndarray):
        return np.concatenate([head, tail])
    return head + tail
