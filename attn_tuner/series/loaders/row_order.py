"""Puts the rows of a long table in the order of their series and times."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from attn_tuner.errors import DataError

if TYPE_CHECKING:
    import pandas


def seconds_or_numbers(name: str, column: "pandas.Series") -> np.ndarray:
    """Converts a column of times to floats; dates become seconds since 1970.

    Args:
        name: str, name of the table in messages.
        column: numbers, dates, or text of either.

    Returns:
        `(rows,)` float64.

    Raises:
        DataError: a time is missing, infinite, or neither a number nor a date; names the row.
    """
    import pandas

    if column.dtype.kind in "fiu":
        found = column.to_numpy(dtype="float64", na_value=np.nan)
    elif column.dtype.kind == "m":
        found = column.dt.total_seconds().to_numpy(dtype="float64")
    elif column.dtype.kind == "M" or pandas.to_numeric(column, errors="coerce").isna().all():
        dates = pandas.to_datetime(column, errors="coerce", utc=True)
        epoch = pandas.Timestamp(0, tz="UTC")
        found = (dates - epoch).dt.total_seconds().to_numpy(dtype="float64")
    else:
        found = pandas.to_numeric(column, errors="coerce").to_numpy("float64", na_value=np.nan)
    wrong = ~np.isfinite(found)
    if wrong.any():
        row = int(np.argmax(wrong))
        given = column.iloc[row]
        shown = "no time" if pandas.isna(given) else f"the time '{given}'"
        raise DataError(
            f"Row {row + 1} of {name} has {shown} in '{column.name}'. Give numbers or dates such "
            "as 2024-05-01 12:30:00, all in one form."
        )
    return found


def in_order(
    name: str, codes: np.ndarray, ids: Sequence, times: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Finds the order of rows by series, then by time.

    Args:
        name: str, name of the table in messages.
        codes: `(rows,)` int, the number of the series of each row.
        ids: names of the series.
        times: `(rows,)` float64; None if the rows of a series are in order.

    Returns:
        `(rows,)` int, the rows in order; `(series,)` int, where in it each series begins; and a
        sentence if rows of a series were not in order.

    Raises:
        DataError: a series has a time twice.
    """
    keys = (codes,) if times is None else (times, codes)
    order = np.lexsort(keys)
    sorted_codes = codes[order]
    starts = np.flatnonzero(np.diff(sorted_codes, prepend=-1))
    if times is None:
        return order, starts, ()
    same = np.diff(sorted_codes) == 0
    twice = same & (np.diff(times[order]) == 0)
    if twice.any():
        place = int(np.argmax(twice))
        rows = sorted(int(row) + 1 for row in order[place : place + 2])
        raise DataError(
            f"{twice.sum():,} rows of {name} repeat a time of their series, first rows {rows[0]} "
            f"and {rows[1]} of series '{ids[sorted_codes[place]]}'. Average such rows or drop one, "
            "or name the column that tells series apart by id=."
        )
    # In a stable sort the rows of a series that were in order still ascend.
    moved = np.unique(sorted_codes[:-1][same & (np.diff(order) < 0)])
    if not len(moved):
        return order, starts, ()
    return (
        order,
        starts,
        (
            f"The rows of {len(moved):,} of {len(ids):,} series of {name} were not in the order of "
            "their times, and were sorted.",
        ),
    )


def since_last_step(times: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Returns the time since the step before, 0 at the first step of a series.

    Args:
        times: `(rows,)` float64, in order.
        starts: `(series,)` int, where each series begins.
    """
    found = np.diff(times, prepend=times[:1])
    found[starts] = 0.0
    return found
