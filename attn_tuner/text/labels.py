"""Parses labels: several per text as a 0/1 matrix, numbers as floats, one-hot rows as classes."""

import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import clean_labels, is_missing, short_repr, sorted_classes
from attn_tuner.text.label_cells import are_lists, looks_like_list, parse_list
from attn_tuner.text.label_spellings import count_names, merge_spellings

SEPARATORS = ("|", ";", ",")  # The first that occurs in any string is used for all.
_GREATEST = float(np.finfo("float32").max)
_SEVERAL = (list, tuple, set, frozenset, np.ndarray)


def guess_task(values: Sequence) -> str | None:
    """Guesses the task from labels: "multilabel", "regression", or None for classes.

    Lists of labels and rows of 0 and 1 are "multilabel", fractions are "regression". Rows with
    exactly one 1 each are classes, as `to_categorical` and `get_dummies` write them. Strings are
    taken for class names, except cells that each hold a list, such as `['a', 'b']`.
    """
    values = list(values)
    if values and all(map(_is_several, values)):
        alone = all(len(value) == 1 for value in values)
        return None if alone or is_one_hot(values) else "multilabel"
    if values and all(isinstance(value, str) for value in values) and are_lists(values):
        return "multilabel"
    numbers_all = all(_number(value) is not None for value in values)
    return "regression" if values and numbers_all and any(map(_is_fraction, values)) else None


def is_one_hot(rows: Iterable) -> bool:
    """Checks for rows of equal length, at least two columns, and exactly one 1 in each."""
    return _places(list(rows)) is not None


def one_hot_to_classes(values: Sequence, names: Sequence[str] | None = None) -> list:
    """Returns one label per text: the column of a one-hot row, x for `[x]`, else the value.

    Args:
        values: sequence, labels from the source.
        names: names of the columns; column indices if not given.
    """
    values = list(values)
    if not values or not all(map(_is_several, values)):
        return values
    if all(len(value) == 1 for value in values):
        return [next(iter(value)) for value in values]
    places = _places(values)
    if places is None:
        return values
    return [names[place] for place in places] if names else places


def _places(rows: list) -> list[int] | None:
    """Returns the column of the 1 in each row; None if the rows are not one-hot."""
    found = _binary(rows)
    if found is None or found.shape[1] < 2 or not (found.sum(axis=1) == 1).all():
        return None
    return found.argmax(axis=1).tolist()


def indices_to_names(values: Sequence, names: Sequence[str]) -> list:
    """Replaces rows of 0 and 1, or indices of labels, by names; other values are unchanged.

    Args:
        values: sequence, labels from the source.
        names: sequence of str, by column or index.
    """
    values = list(values)
    if _width({"": values}) == len(names):
        return [[name for name, on in zip(names, row, strict=True) if on] for row in values]
    return [names[value] if is_class_index(value, names) else value for value in values]


def is_class_index(value: Any, names: Sequence[str]) -> bool:
    """Checks for an integer that is an index into `names`."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool | np.bool_)
    return whole and 0 <= value < len(names)


def parse_numbers(values: Sequence, where: str) -> np.ndarray:
    """Converts labels to numbers: `(texts,)` float32.

    Raises:
        DataError: a number is missing or not finite.
    """
    found = []
    for row, value in enumerate(values, start=1):
        number = _number(value)
        if number is None or not abs(number) <= _GREATEST:
            raise DataError(
                f"Label {row} of {where} is {short_repr(value)}, not a finite number. "
                "Correct it, or remove the row."
            )
        found.append(number)
    return np.array(found, "float32")


def parse_label_sets(
    parts: dict[str, Sequence], name: str, classes: Sequence[str] | None = None
) -> tuple[dict[str, np.ndarray], tuple[str, ...], list[str]]:
    """Converts several labels per text to a 0/1 matrix for each part.

    Args:
        parts: dict of role to labels: rows of 0 and 1, lists of names, or strings of names with one
            of `SEPARATORS` between them.
        name: str, name of the data in messages.
        classes: names of the columns of a matrix, if known.

    Returns:
        Role to `(texts, labels)` uint8, the names, those of the training part, sorted, and
        sentences on names that were joined.

    Raises:
        DataError: a row cannot be read, there are fewer than two labels, a label stands on no
            training text, or another part has a label that training lacks.
    """
    parts, notes = {role: list(values) for role, values in parts.items()}, []
    width = _width(parts)
    _check_columns(name, parts, width)
    if width is not None and not classes:
        names = tuple(map(str, range(width)))
        matrices = {
            role: np.array([list(row) for row in rows], "uint8") for role, rows in parts.items()
        }
    else:
        separator = _separator(parts)
        sets = {
            role: [_names(value, separator, _where(name, role, parts)) for value in values]
            for role, values in parts.items()
        }
        every = count_names(row for rows in sets.values() for row in rows)
        called, notes = merge_spellings(every, classes or ())
        sets = {role: [[called[one] for one in row] for row in rows] for role, rows in sets.items()}
        names = tuple(classes or sorted_classes(each for row in sets["train"] for each in row))
        matrices = {role: _matrix(rows, names, f"{name} ({role})") for role, rows in sets.items()}
    if len(names) < 2:
        only = f" ('{names[0]}')" if names else ""
        raise DataError(
            f"{name} has {len(names)} label{only}. Multi-label data need at least two. For yes "
            "or no give one class per text."
        )
    check_every_label(name, matrices["train"], names)
    return matrices, names, notes


def check_every_label(name: str, matrix: np.ndarray, names: Sequence[str]) -> None:
    """Raises DataError if no training text has one of the labels."""
    absent = [each for each, count in zip(names, matrix.sum(axis=0), strict=True) if not count]
    if absent:
        raise DataError(
            f"No training text of {name} has the label {', '.join(absent[:5])}. Add examples, or "
            "leave the label out."
        )


def _width(parts) -> int | None:
    """Returns the columns of a 0/1 matrix; None if the rows are something else."""
    found = _binary([row for values in parts.values() for row in values])
    return None if found is None else found.shape[1]


def _binary(rows: list) -> np.ndarray | None:
    """Converts rows of 0 and 1 of equal length to a bool matrix; None for other values."""
    if not rows or not all(
        _is_several(row) and not isinstance(row, set | frozenset) for row in rows
    ):
        return None
    if len({len(row) for row in rows}) != 1 or not len(rows[0]):
        return None
    if not isinstance(rows[0][0], numbers.Real | np.bool_):
        return None
    try:
        matrix = np.array(rows)
    except (ValueError, OverflowError):  # Rows within rows.
        return None
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        return None
    return matrix.astype(bool) if ((matrix == 0) | (matrix == 1)).all() else None


def _check_columns(name, parts, width):
    """Raises DataError if parts are 0/1 rows with different columns."""
    own = {role: _width({role: values}) for role, values in parts.items()}
    if width is None and any(own.values()):
        said = ", ".join(
            f"{role} {f'{each} columns' if each else 'none'}" for role, each in own.items()
        )
        raise DataError(
            f"The labels of {name} are rows of 0 and 1 of different kinds: {said}. Give all parts "
            "the same columns, or lists of names."
        )


def _separator(parts) -> str:
    strings = [
        each
        for values in parts.values()
        for each in values
        if isinstance(each, str) and not looks_like_list(each)
    ]
    return next((mark for mark in SEPARATORS if any(mark in each for each in strings)), ",")


def _names(value, separator, where) -> list[str]:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, str) and (found := parse_list(value, where)) is not None:
        value = found
    if isinstance(value, str):
        return clean_labels([part for part in value.split(separator) if part.strip()], where)
    if _is_several(value):
        return clean_labels(value, where)
    if is_missing(value):  # An empty cell: the text has no label.
        return []
    return clean_labels([value], where)


def _matrix(rows, names, where) -> np.ndarray:
    place = {name: index for index, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)), "uint8")
    for index, row in enumerate(rows):
        for each in row:
            if each not in place:
                raise DataError(
                    f"{where} has the label {each}, which no training text has. The labels in "
                    f"training: {', '.join(names)}."
                )
            matrix[index, place[each]] = 1
    return matrix


def _where(name, role, parts) -> str:
    return name if len(parts) == 1 else f"{name} ({role})"


def _is_several(value) -> bool:
    return isinstance(value, _SEVERAL) and getattr(value, "ndim", 1) > 0


def _number(value) -> float | None:
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    try:
        return float(value) if isinstance(value, numbers.Real) else None
    except OverflowError:
        return math.inf


def _is_fraction(value) -> bool:
    number = _number(value)
    return math.isfinite(number) and not number.is_integer()
