"""Normalises texts and labels to strings, or raises an error that names the row."""

import math
import numbers
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np

from attn_tuner.errors import DataError

SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# Invisible and without meaning in a name. Joiners are kept: emoji and Persian need them.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SHOWN = 60  # Characters of a value in a message.
_MISSING_NAMES = {"NAType", "NaTType", "NoneType"}  # pandas' own, without importing pandas.


def clean_texts(values: Iterable, where: str) -> list[str]:
    """Converts values to strings that UTF-8 can encode.

    Args:
        values: sequence of str or bytes.
        where: str, name of the source in messages, such as `"train.csv"`.

    Raises:
        DataError: a text is missing, is no UTF-8, or the texts are numbers.
    """
    texts = []
    for row, value in enumerate(values, start=1):
        if isinstance(value, bytes):
            value = _decode(value, where, row)
        elif not isinstance(value, str):
            raise DataError(_not_text_message(value, where, row))
        if not value.isascii():
            value = SURROGATE.sub("\ufffd", value)
        texts.append(str(value))
    if texts and all(reads_as_number(text) for text in texts):
        raise DataError(
            f"The texts of {where} are numbers, such as {short_repr(texts[0])}. "
            "Name the column that holds text."
        )
    return texts


def clean_labels(values: Iterable, where: str) -> list[str]:
    """Converts each label to a class name.

    Strings lose the space around them, characters that show nothing, and the choice between a
    letter with its accent and the two one after the other (NFC); integers, whole floats and
    booleans become `"3"` and `"True"`.

    Raises:
        DataError: a label is missing, a fraction, or something with several values.
    """
    known: dict[str, str | None] = {}
    names = [_cached_name(value, where, known) for value in values]
    missing = [row for row, name in enumerate(names, start=1) if name is None]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(names)} rows of {where} have no label; the first is row "
            f"{missing[0]}. Fill them in, or leave such rows out with drop_missing=True."
        )
    return [name for name in names if name is not None]


def is_missing(value: Any) -> bool:
    """Checks for None, NaN and the missing values of pandas."""
    if type(value).__name__ in _MISSING_NAMES:
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def is_blank(value: Any) -> bool:
    """Checks for a missing value, or a string or bytes of nothing but space."""
    if isinstance(value, str | bytes):
        return not value.strip()
    return value is None or is_missing(value)


def is_missing_label(value: Any) -> bool:
    """Checks for a label that `clean_labels` takes for missing."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    return is_blank(value) or (isinstance(value, str) and _normalised(value) is None)


def short_repr(value: Any) -> str:
    """Returns the repr of a value, shortened for a message."""
    try:
        said = repr(value)
    except Exception:  # A foreign repr, or one that is nested too deep.
        said = f"a {type(value).__name__}"
    said = _CONTROL.sub(" ", said)
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}..."


def sorted_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Sorts the distinct names: numerically if all are whole numbers, else alphabetically."""
    distinct = set(names)
    if all(re.fullmatch(r"-?\d{1,4000}", name) for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (int(name), name)))
    return tuple(sorted(distinct))


def _cached_name(value: Any, where: str, known: dict) -> str | None:
    if type(value) is not str:
        return _class_name(value, where)
    if value not in known:  # Names repeat, and normalising one takes time.
        known[value] = _normalised(value)
    return known[value]


def _class_name(value: Any, where: str) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, str):
        return _normalised(value)
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if is_missing(value):
        return None
    try:
        if isinstance(value, numbers.Integral):
            return str(int(value))
        if isinstance(value, numbers.Real):
            return _name_of_float(float(value), where)
    except (OverflowError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"A label of {where} is a number with too many digits. Classes should be "
            "strings, integers or booleans."
        ) from None
    raise DataError(
        f"A label of {where} is {short_repr(value)}. It should be one string, integer or boolean "
        "per text. For several labels per text give lists of names or rows of 0 and 1, and "
        "task='multilabel'."
    )


def _normalised(name: str) -> str | None:
    name = SURROGATE.sub("\ufffd", name)
    if not name.isascii():
        name = unicodedata.normalize("NFC", _INVISIBLE.sub("", name))
    name = " ".join(_CONTROL.sub(" ", name).split())
    return None if name in ("", "nan", "NaN") else name


def _name_of_float(value: Any, where: str) -> str:
    if not math.isfinite(value):
        raise DataError(f"A label of {where} is {value!r}. Correct it, or remove the row.")
    if not value.is_integer():
        raise DataError(
            f"A label of {where} is {value!r}, a fraction. Classes should be strings, integers "
            "or booleans."
        )
    return str(int(value))


def _decode(value: bytes, where: str, row: int) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"Text {row} of {where} is not UTF-8 (byte 0x{value[error.start]:02x} at "
            f"{error.start}). Convert it to UTF-8 first."
        ) from None


def _not_text_message(value: Any, where: str, row: int) -> str:
    if is_missing(value):
        return (
            f"Text {row} of {where} is missing. Fill it in, or leave such rows out with "
            "drop_missing=True."
        )
    if isinstance(value, numbers.Number | np.bool_):
        return (
            f"The texts of {where} are numbers, such as {short_repr(value)}. "
            "Name the column that holds text."
        )
    said = f"Text {row} of {where} is a {type(value).__name__}"
    if isinstance(value, list | tuple | np.ndarray) and _holds_numbers(value):
        return (
            f"{said} of numbers. Give a string; or, for series of numbers, an array of float32 of "
            "the shape (series, steps) or (series, steps, features)."
        )
    return f"{said}. It should be a string."


def _holds_numbers(values: Any) -> bool:
    """Returns whether the first of nested values is a number."""
    first = values
    while isinstance(first, list | tuple) or (isinstance(first, np.ndarray) and first.ndim):
        first = next(iter(first), None)
    return isinstance(first, numbers.Number | np.bool_)


def reads_as_number(text: str) -> bool:
    """Returns whether Python reads a text as a float."""
    try:
        float(text)
    except ValueError:
        return False
    return True
