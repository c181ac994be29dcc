"""Sequences as they stand in memory, made into lists, or refused in a sentence."""

from collections.abc import Iterable, Mapping, Sized
from itertools import islice

from attn_tuner.errors import DataError

MOST = 1_000_000  # Values read from what does not say how many it has.


def listed(values, what: str) -> list:
    """The values of a list, array, Series, one-column table or iterator; rows where there are more.

    Args:
        values: the sequence; columns of one, `(n, 1)`, lose the second dimension.
        what: called so in a message, "the texts".

    Raises:
        DataError: it is one string, a mapping or set, no sequence, or does not end.
    """
    if isinstance(values, str | bytes | Mapping | set | frozenset):
        raise DataError(
            f"For {what} a {type(values).__name__} was given. Give a list with one entry per text."
        )
    if hasattr(values, "to_numpy"):
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


def of_records(name: str, records: list, each: str, numbers=None):
    """Column names and rows of objects that name their columns.

    Args:
        name: of the table, for messages.
        records: mappings.
        each: what one is called, "Line".
        numbers: of the records; from 1 if not given.

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


def never_ends(what: str, read: int) -> DataError:
    """What is said of a source that was not at its end after so many values."""
    return DataError(
        f"{read:,} entries of {what} were read so far, and it has not ended nor does it say how "
        "many it has. Take a part of it, or make a list of it."
    )


def _ended(values, what) -> list:
    found = list(islice(values, MOST + 1))
    if len(found) > MOST:
        raise never_ends(what, MOST)
    return found
