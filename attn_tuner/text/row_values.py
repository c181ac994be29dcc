"""Parses what stands beside text and label in a row: weight, group and time."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import is_blank, short_repr


def parse_weights(values: Sequence, where: str) -> np.ndarray:
    """Converts sample weights to numbers: `(texts,)` float32.

    Raises:
        DataError: one is missing, negative or not finite, or all are 0.
    """
    _check_present(values, "weight", where)
    found = np.array([_number(value) for value in values], "float64")
    bad = np.flatnonzero(~(np.isfinite(found) & (found >= 0) & (found < 1e30)))
    if len(bad):
        row = int(bad[0])
        raise DataError(
            f"Weight {row + 1} of {where} is {short_repr(values[row])}. Weights should be numbers "
            "from 0 up."
        )
    if not found.any():
        raise DataError(f"All weights of {where} are 0. There is nothing to learn.")
    return found.astype("float32")


def parse_groups(values: Sequence, where: str) -> np.ndarray:
    """Converts names or numbers of groups to strings: `(texts,)` str.

    Raises:
        DataError: one is missing.
    """
    _check_present(values, "group", where)
    return np.array([_group_name(value) for value in values], dtype=str)


def parse_times(values: Sequence, where: str) -> np.ndarray:
    """Converts numbers, or dates as pandas reads them, to numbers in order: `(texts,)` float64.

    Raises:
        DataError: one is missing or is no time.
    """
    import pandas

    _check_present(values, "time", where)
    values = [
        each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in values
    ]
    numbers = np.array([_number(value) for value in values], "float64")
    if np.isfinite(numbers).all():
        return numbers
    for options in ({}, {"format": "ISO8601"}, {"format": "mixed"}):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Of formats that it guesses value by value.
                found = pandas.to_datetime(pandas.Series(values, dtype=object), utc=True, **options)
            return found.astype("int64").to_numpy().astype("float64")
        except (ValueError, TypeError, OverflowError):
            continue
    strange = next(
        (value for value, number in zip(values, numbers, strict=True) if not np.isfinite(number)),
        values[0],
    )
    raise DataError(
        f"The times of {where} cannot be put in order, such as {short_repr(strange)}. Write them "
        "as 2024-01-31, 2024-01-31 12:00 or numbers."
    )


def _check_present(values: Sequence, what: str, where: str):
    missing = [row for row, value in enumerate(values, start=1) if is_blank(value)]
    if missing:
        raise DataError(
            f"{len(missing):,} of {len(values):,} rows of {where} have no {what}; the first is row "
            f"{missing[0]}. Fill them in, or leave such rows out with drop_missing=True."
        )


def _number(value: Any) -> float:
    try:
        return float(value) if not isinstance(value, bool | np.bool_) else float("nan")
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _decoded(value: Any):
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value


def _group_name(value: Any) -> str:
    value = _decoded(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)  # 7 and 7.0 are one patient, whatever file they come from.
    return str(value).strip()
