"""Converts sequences in memory to lists."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from itertools import islice
from typing import Any

from attn_tuner.errors import DataError

MAX_VALUES = 1_000_000  # Values read from a source of unknown length.


def to_list(values: Any, what: str) -> list:
    """Converts a list, array, Series, one-column table or iterator to a list of values or rows.

    Args:
        values: the sequence; `(n, 1)` becomes `(n,)`.
        what: str, its name in messages, such as "the texts".

    Raises:
        DataError: it is one string, a mapping or set, no sequence, or does not end.
    """
    if isinstance(values, str | bytes | Mapping | set | frozenset):
        raise DataError(
            f"For {what} a {type(values).__name__} was given. Give a list with one entry per text."
        )
    if hasattr(values, "to_pylist") and not hasattr(values, "columns"):  # An Arrow array.
        values = values.to_pylist()
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    elif hasattr(values, "numpy"):  # A tensor.
        values = values.numpy()
    elif hasattr(values, "toarray"):  # A sparse matrix.
        values = values.toarray()
    if hasattr(values, "tolist"):
        if getattr(values, "ndim", 1) == 2 and values.shape[1] == 1:
            values = values[:, 0]
        found = values.tolist()
        if isinstance(found, list):
            return found
    elif isinstance(values, Iterable):
        return list(values) if isinstance(values, Sized) else _ended(values, what)
    raise DataError(
        f"For {what} a {type(values).__name__} was given. Give a list with one entry per text."
    )


def column_names(labels: Any) -> tuple[str, ...] | None:
    """Returns the names of a table's columns; None where it has one, or is no table."""
    names = getattr(labels, "columns", ())
    return tuple(map(str, names)) if len(names) > 1 else None


def records_to_rows(
    name: str, records: list, each: str, numbers: Sequence[int] | None = None
) -> tuple[list[str], list]:
    """Converts records, mappings of column to value, to column names and rows.

    Args:
        name: str, name of the table in messages.
        records: list of mappings.
        each: str, what one record is called, such as "Line".
        numbers: numbers of the records in messages; from 1 if not given.

    Raises:
        DataError: one of them is no mapping.
    """
    for number, record in zip(numbers or range(1, len(records) + 1), records, strict=True):
        if not isinstance(record, Mapping):
            raise DataError(
                f"{each} {number} of {name} holds a {type(record).__name__}. "
                "Each should be an object with its columns by name."
            )
    columns = list(dict.fromkeys(key for record in records for key in record))
    return columns, [[record.get(column) for column in columns] for record in records]


def endless_error(what: str, read: int) -> DataError:
    """Creates the error for a source that has not ended after so many values."""
    return DataError(
        f"{read:,} entries of {what} were read, and it has neither ended nor a known length. Take "
        "a part of it, or convert it to a list."
    )


def _ended(values: Any, what: str) -> list:
    found = list(islice(values, MAX_VALUES + 1))
    if len(found) > MAX_VALUES:
        raise endless_error(what, MAX_VALUES)
    return found
