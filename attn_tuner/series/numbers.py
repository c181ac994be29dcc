"""Tells series of numbers from other data, and reads those that a user gives."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.named_features import by_name, columns_of
from attn_tuner.series.sources import is_named_source
from attn_tuner.series.value_checks import as_numbers, check_series, with_features


def holds_series(data: Any) -> bool:
    """Checks whether data are series of numbers, with labels or without; reads only the first.

    Arrays `(series, steps, features)`, arrays of fractions `(series, steps)`, and lists whose first
    member is an array of either or a DataFrame are series. Lists of whole numbers are not: those
    are texts as ids, see `text.word_ids`.

    Args:
        data: `LabelledSeries`, `(series, labels)`, the series alone, or a source of series by name.
    """
    if isinstance(data, LabelledSeries) or is_named_source(data):
        return True
    if isinstance(data, tuple) and len(data) == 2:
        return _are_series(data[0])
    return _are_series(data)


def _are_series(given: Any) -> bool:
    shape, kind = _form(given)
    if kind is not None and kind != "O":
        return (len(shape) == 3 and kind in "fiub") or (len(shape) == 2 and kind == "f")
    if not isinstance(given, list | tuple | np.ndarray) or not len(given):
        return False
    return hasattr(given[0], "columns") or _is_series(given[0])


def _is_series(given: Any) -> bool:
    shape, kind = _form(given)
    if kind is not None:
        return (len(shape) == 2 and kind in "fiub") or (len(shape) == 1 and kind == "f")
    if not isinstance(given, list | tuple) or not len(given):
        return False
    first = given[0]
    rows = isinstance(first, list | tuple) and len(first) > 0
    return isinstance(first, float) or (rows and isinstance(first[0], float | int))


def _form(given: Any) -> tuple[tuple[int, ...], str | None]:
    """Returns shape and kind of dtype of an array or tensor; None for what is none."""
    if not isinstance(given, np.ndarray) and not (
        hasattr(given, "__array__") and hasattr(given, "shape") and not hasattr(given, "columns")
    ):
        return (), None
    if isinstance(given, np.ndarray):
        return given.shape, given.dtype.kind
    array = np.asarray(given)
    return array.shape, array.dtype.kind


def read_series(
    given: Any, where: str = "the given series", features: Sequence[str] = ()
) -> tuple[list[np.ndarray], tuple[str, ...], tuple[str, ...]]:
    """Converts series to arrays.

    Args:
        given: array `(series, steps, features)` or `(series, steps)`; list of arrays or DataFrames
            `(steps, features)` or `(steps,)`; `LabelledSeries`.
        where: str, name of the series in messages.
        features: names of the features; of DataFrames those of the columns of the first, else
            `feature_1` and so on, if not given.

    Returns:
        List of `(steps, features)` float32, NaN where a value is missing; the names of the
        features; and sentences on what is odd or was changed.

    Raises:
        DataError: there is none, one is empty or has no value, holds something that is no finite
            number, or has another number of features than the first.
    """
    if isinstance(given, LabelledSeries):
        given = given.series
    if isinstance(given, str | bytes) or not hasattr(given, "__len__"):
        raise DataError(
            f"{where[:1].upper()}{where[1:]} should be an array (series, steps, features) or a "
            f"list of arrays (steps, features); this is a {type(given).__name__}."
        )
    if not len(given):
        raise DataError(f"There are no series in {where}.")

    def called(place: int) -> str:
        return f"Series {place + 1} of {where}"

    given = list(given)
    named = tuple(features) or columns_of(given[0])
    ordered = [by_name(each, named or (), called(place)) for place, each in enumerate(given)]
    rows = [
        with_features(as_numbers(each, called(place)), called(place))
        for place, each in enumerate(ordered)
    ]
    made, names, notes = check_series(rows, named or None, called)
    found = [_ended(each, called(place)) for place, each in enumerate(made)]
    shortened = sum(len(each) < len(whole) for each, whole in zip(found, made, strict=True))
    if shortened:
        notes += (
            f"Of {shortened:,} of {len(found):,} series the last steps were left out: they have no "
            "value.",
        )
    return found, names, notes


def _ended(series: np.ndarray, who: str) -> np.ndarray:
    """Returns a series without the steps behind its last value."""
    there = np.flatnonzero(~np.isnan(series).all(axis=1))
    if not len(there):
        raise DataError(f"{who} has no value: all {series.size:,} are NaN. Leave it out.")
    return np.ascontiguousarray(series[: 1 + int(there[-1])])
