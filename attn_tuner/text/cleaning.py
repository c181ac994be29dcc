"""What came as texts and labels, made into strings and class names, or refused in one sentence."""

import math
import numbers
import re

import numpy as np

from attn_tuner.errors import DataError

_SURROGATE = re.compile("[\ud800-\udfff]")
_MISSING_NAMES = {"NAType", "NaTType", "NoneType"}  # pandas' own, without importing pandas.


def clean_texts(values, where: str) -> list[str]:
    """The values as strings that UTF-8 can hold.

    Args:
        values: str or bytes in any sequence.
        where: what they are called in a message, `"train.csv"`.

    Raises:
        DataError: a text is missing, is no UTF-8, or the texts are numbers.
    """
    texts = []
    for row, value in enumerate(values, start=1):
        if isinstance(value, bytes):
            value = _decoded(value, where, row)
        elif not isinstance(value, str):
            raise DataError(_no_text(value, where, row))
        if not value.isascii():
            value = _SURROGATE.sub("\ufffd", value)
        texts.append(str(value))
    if texts and all(_reads_as_number(text) for text in texts):
        raise DataError(
            f"The texts of {where} are numbers, such as {texts[0]!r}. "
            "Name the column that holds text."
        )
    return texts


def clean_labels(values, where: str) -> list[str]:
    """The class name of each label.

    Strings lose the space around them; integers, whole floats and booleans become `"3"` and
    `"True"`.

    Raises:
        DataError: a label is missing, a fraction, or something with several values.
    """
    names = [_class_name(value, where) for value in values]
    missing = [row for row, name in enumerate(names, start=1) if name is None]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(names)} rows of {where} have no label; the first is row "
            f"{missing[0]}. Fill them in or leave these rows out."
        )
    return names


def sorted_classes(names) -> tuple[str, ...]:
    """The distinct names: by number where all are whole numbers, else alphabetically."""
    distinct = set(names)
    if all(re.fullmatch(r"-?\d+", name) for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (int(name), name)))
    return tuple(sorted(distinct))


def _class_name(value, where) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, str):
        name = _SURROGATE.sub("\ufffd", value.strip())
        return None if name in ("", "nan", "NaN") else str(name)
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return _name_of_float(float(value), where)
    if type(value).__name__ in _MISSING_NAMES:
        return None
    raise DataError(
        f"A label of {where} is {value!r}. It should be one string, integer or boolean per text."
    )


def _name_of_float(value, where) -> str | None:
    if math.isnan(value):
        return None
    if not value.is_integer():
        raise DataError(
            f"A label of {where} is {value!r}, a fraction. Classes are needed: strings, integers "
            "or booleans."
        )
    return str(int(value))


def _decoded(value: bytes, where, row) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"Text {row} of {where} is not UTF-8 (byte 0x{value[error.start]:02x} at "
            f"{error.start}). Convert it to UTF-8 first."
        ) from None


def _no_text(value, where, row) -> str:
    missing = type(value).__name__ in _MISSING_NAMES or value != value
    if missing:
        return f"Text {row} of {where} is missing. Fill it in or leave the row out."
    if isinstance(value, numbers.Number | np.bool_):
        return (
            f"The texts of {where} are numbers, such as {value!r}. Name the column that holds text."
        )
    return f"Text {row} of {where} is a {type(value).__name__}. It should be a string."


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
