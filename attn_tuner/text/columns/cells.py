"""Reads single values of columns: as a number, or as a name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attn_tuner.text.cleaning import SURROGATE, is_missing

TEXT = "text"  # The key of the text in a row, and its argument of a SavedModel.
MISSING = ""  # The name of a value that is missing.
_SPACE = " \t\n\v\f\r"  # What `tf.strings.strip` removes, so that a graph reads alike.


def is_absent(value: Any) -> bool:
    """Checks for a missing value, or a string of nothing but ASCII space."""
    value = _decoded(value)
    if isinstance(value, str):
        return not value.strip(_SPACE)
    return value is None or is_missing(value)


def number_of(value: Any) -> float | None:
    """Returns a value as a number: NaN where it is missing, None where it is none.

    A string is a number if it is written as one, `"3.5"`; a bool is a name.
    """
    if is_absent(value):
        return float("nan")
    if isinstance(value, bool | np.bool_):
        return None
    value = _decoded(value)
    if isinstance(value, str) and "_" in value:
        return None  # Python reads 1_000 as a number.
    try:
        return float(value)
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError):
        return None


def name_of(value: Any) -> str:
    """Returns a value as a name, without the space around it; `MISSING` where it is missing."""
    if is_absent(value):
        return MISSING
    value = _decoded(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)  # 7 and 7.0 are one name, whatever file they come from.
    return SURROGATE.sub("\ufffd", str(value)).strip(_SPACE)


def plain_cell(value: Any) -> str | float | int | bool | None:
    """Returns a value as JSON has it: a number, a bool, a name, or None where it is missing."""
    if is_absent(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, bool | int | float) else name_of(value)


def rows_of(columns: Mapping[str, Sequence]) -> list[dict[str, Any]]:
    """Returns columns of equal length as rows, with their values as JSON has them.

    Args:
        columns: values by name.
    """
    plain = [[plain_cell(each) for each in values] for values in columns.values()]
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*plain, strict=True)]


def _decoded(value: Any) -> Any:
    """Returns bytes as a string, anything else as it is."""
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
