"""Reads columns by name, and what a dotted name means in nested records: `review.body`."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.registry import unknown

_DEPTH = 4  # Levels of nested records whose names are listed.


def check_known(name: str, columns: Mapping, column: Any) -> None:
    """Raises DataError if there is no such column; lists those that are there.

    Args:
        name: str, name of the table in messages.
        columns: mapping of name to values.
        column: name, also a dotted one.
    """
    if not is_known(columns, column):
        raise DataError(unknown(f"column of {name}", column, all_names(columns)))


def is_known(columns: Mapping, column: Any) -> bool:
    """Checks for a column, or for a dotted name that any of its records has."""
    if is_among(column, columns):
        return True
    head, path = _outer(columns, column)
    return head is not None and any(_has(row, path) for row in columns[head])


def is_among(column: Any, columns: Iterable) -> bool:
    """Checks for a name among others by type and value, so that 1 is not True."""
    # Compared one by one, since what is asked for may be anything, an array for one.
    return any(type(column) is type(each) and column == each for each in columns)


def values_of(columns: Mapping, name: Hashable) -> Sequence:
    """Returns the values of a column, or of what a dotted name means in nested records."""
    if is_among(name, columns):
        return columns[name]
    head, path = _outer(columns, name)
    return [_within(row, path) for row in columns[head]]


def all_names(columns: Mapping) -> list:
    """Returns the names of all columns; of nested records the dotted names."""
    found = []
    for column in columns:
        values = columns[column] if isinstance(column, str) else ()
        # A column that is an array, not a list, cannot hold records.
        first = (
            next((each for each in values if each is not None), None)
            if (isinstance(values, list | tuple))
            else None
        )
        found += list(_dotted(column, first, _DEPTH))
    return found


def _outer(columns: Mapping, name: Any) -> tuple[Any, list[str]]:
    """Splits a dotted name into a column and the keys within its records."""
    keys = name.split(".") if isinstance(name, str) else []
    for at in range(len(keys) - 1, 0, -1):
        head = ".".join(keys[:at])
        if is_among(head, columns):
            return head, keys[at:]
    return None, []


def _within(row: Any, path: Sequence[str]):
    for key in path:
        row = row.get(key) if isinstance(row, Mapping) else None
    return row


def _has(row: Any, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(row, Mapping) or key not in row:
            return False
        row = row[key]
    return True


def _dotted(name: Any, value: Any, depth: int) -> Iterator:
    if not isinstance(value, Mapping) or not value or not depth:
        yield name
        return
    for key, inner in value.items():
        yield from _dotted(f"{name}.{key}", inner, depth - 1)
