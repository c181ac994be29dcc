"""Reads series that are in memory: one array of all, or a list with an array for each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.value_checks import (
    WINDOWS,
    as_numbers,
    check_series,
    numbered,
    with_features,
)
from attn_tuner.text.loaders.sequences import column_names, to_list


def from_arrays(
    series: Any,
    labels: Any = None,
    features: Sequence[str] | None = None,
    groups: Any = None,
    times: Any = None,
) -> LabelledSeries:
    """Reads series of equal or unlike length.

    Args:
        series: array `(series, steps, features)`, `(series, steps)` for one feature, or a list of
            arrays or DataFrames `(steps, features)` or `(steps,)` of any length. NaN, None and
            masked values are missing.
        labels: a label for each series, a DataFrame with a column of 0 and 1 for each class, or
            None.
        features: names of the features; of DataFrames those of their columns.
        groups: a name for each series, such as that of a patient, or None.
        times: a number for each series, or None; later series are held out.

    Raises:
        DataError: a value is text or infinite, a series has no steps or other features than the
            first, or there are not as many labels, groups or times as series.
    """
    if isinstance(series, str | bytes | Mapping | set | frozenset) or series is None:
        raise DataError(
            f"For the series a {type(series).__name__} was given. Give an array (series, steps, "
            "features) or a list of arrays (steps, features)."
        )
    columns = None
    if isinstance(series, list | tuple):
        columns = _columns(series)
        rows = [as_numbers(each, f"Series {number}") for number, each in enumerate(series, 1)]
    else:
        rows = list(_rows_of_one_array(series))
    shaped = [with_features(each, numbered(place)) for place, each in enumerate(rows)]
    made, names, notes = check_series(shaped, features if features is not None else columns)
    if not isinstance(series, list | tuple) and made[0].shape[1] > made[0].shape[0] > 1:
        steps, width = made[0].shape
        notes += (
            f"The series have {steps} steps of {width} features. If these are {width} steps of "
            f"{steps} features, give numpy.swapaxes(series, 1, 2).",
        )
    count = len(made)
    listed = _beside(labels, "labels", count)
    said = _beside(groups, "groups", count)
    when = _beside(times, "times", count)
    return LabelledSeries(
        made,
        labels if column_names(labels) else listed,  # A table says what the classes are called.
        names,
        None if said is None else list(map(str, said)),
        None if when is None else _finite_times(when),
        notes,
    )


def _rows_of_one_array(series) -> Any:
    if isinstance(series, np.ndarray) and series.dtype.kind == "O" and series.ndim == 1:
        return [as_numbers(each, f"Series {number}") for number, each in enumerate(series, 1)]
    found = as_numbers(series, "The array of series")
    if found.ndim not in (2, 3):
        hint = f" {WINDOWS}" if found.ndim == 1 else ""
        raise DataError(
            f"The array of series has {found.ndim} dimensions. It should be (series, steps, "
            f"features), or (series, steps) for one feature.{hint}"
        )
    return found


def _columns(series) -> list | None:
    """Returns the columns of the first of several DataFrames, which all of them need to have."""
    columns = [list(each.columns) if hasattr(each, "columns") else None for each in series]
    if not columns or columns[0] is None:
        return None
    for number, each in enumerate(columns, start=1):
        if each != columns[0]:
            raise DataError(
                f"Series {number} has the columns {_joined(each)}, and series 1 has "
                f"{_joined(columns[0])}. Give all series the same columns in the same order."
            )
    return columns[0]


def _joined(columns) -> str:
    return "without a name" if columns is None else ", ".join(map(str, columns))


def _beside(values: Any, name: str, count: int) -> list | None:
    if values is None:
        return None
    if isinstance(values, str | bytes | Mapping):
        raise DataError(f"{name}= is a {type(values).__name__}. Give one entry for each series.")
    found = to_list(values, name)
    if len(found) != count:
        raise DataError(
            f"There are {count:,} series and {len(found):,} {name}. Give one for each series."
        )
    return found


def _finite_times(values: list) -> np.ndarray:
    found = as_numbers(values, "times=").astype("float64")
    if found.ndim != 1 or not np.isfinite(found).all():
        raise DataError("times= has values that are missing or infinite. Give a number for each.")
    return found
