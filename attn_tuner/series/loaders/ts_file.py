"""Reads .ts files, the format of the UCR and UEA archives of labelled series."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.value_checks import check_series
from attn_tuner.text.loaders.encodings import decode_text
from attn_tuner.text.loaders.locations import file_name, read_bytes

_COMMENTS = ("#", "%")
_MISSING = ("?", "", "nan", "NaN")


@dataclass(frozen=True)
class _Header:
    """What the lines before `@data` say."""

    classes: tuple[str, ...] | None  # None where the file does not list them.
    labelled: bool
    number: bool  # The label is a number to predict.


def from_ts(path: str | Path) -> LabelledSeries:
    """Reads series of equal or unlike length, with a class or a number for each.

        @classLabel true walking running        or @targetLabel true
        @data
        1.0,2.0,?:5.0,6.0,7.0:walking           features are divided by colons, ? is missing

    Args:
        path: of the file or URL; a suffix .gz, .bz2 or .xz says that it is compressed.

    Returns:
        `LabelledSeries` whose labels are str, floats with `@targetLabel`, or None.

    Raises:
        DataError: the file is empty or not in this format; names the line.

    Reference:
        Bagnall et al. 2018, The UEA multivariate time series classification archive.
        https://arxiv.org/abs/1811.00075
    """
    name = file_name(path)
    text, notes = decode_text(name, read_bytes(path))
    lines = _content(text)
    header = _header(name, lines)
    series, labels = [], []
    for number, line in lines:
        row = line.split(":")
        if header.labelled:
            labels.append(_label(name, number, row.pop().strip(), header))
        if not row:
            raise DataError(f"Line {number} of {name} has no values. Write them before a colon.")
        series.append(_values(name, number, row))
    if not series:
        raise DataError(f"{name} holds no series. They follow a line @data, one a line.")
    made, features, more = check_series(
        series, called=lambda place: f"Series {place + 1} of {name}"
    )
    return LabelledSeries(made, labels or None, features, notes=notes + more)


def _content(text: str) -> Iterator[tuple[int, str]]:
    """Yields the number and the text of each line that is neither empty nor a comment."""
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if line and not line.startswith(_COMMENTS):
            yield number, line


def _header(name: str, lines: Iterator[tuple[int, str]]) -> _Header:
    said: dict[str, list[str]] = {}
    for number, line in lines:
        key, *rest = line.split()
        if not key.startswith("@"):
            raise DataError(
                f"Line {number} of {name} comes before a line @data. A .ts file begins with lines "
                "such as '@classLabel true 1 2', then '@data'."
            )
        if key.lower() == "@data":
            break
        said[key.lower()] = rest
    else:
        raise DataError(f"{name} has no line @data. It is empty, or not a .ts file.")
    if _is_true(said, "@timestamps"):
        raise DataError(
            f"{name} has a time for each value (@timeStamps true), which is not read. Write it as "
            "a table with a row for each step, and read it with from_table."
        )
    classes = tuple(said.get("@classlabel", [])[1:]) or None
    number = _is_true(said, "@targetlabel")
    return _Header(classes, number or _is_true(said, "@classlabel"), number)


def _is_true(said: dict[str, list[str]], key: str) -> bool:
    return [each.lower() for each in said.get(key, [])[:1]] == ["true"]


def _label(name: str, number: int, label: str, header: _Header) -> str | float:
    if header.number:
        try:
            return float(label)
        except ValueError:
            raise DataError(
                f"Line {number} of {name} ends in {label!r}, which is no number. The header says "
                "@targetLabel true."
            ) from None
    if header.classes is not None and label not in header.classes:
        raise DataError(
            f"Line {number} of {name} ends in the class {label!r}. The header has the classes "
            f"{', '.join(header.classes)}."
        )
    return label


def _values(name: str, number: int, row: list[str]) -> np.ndarray:
    """Returns the `(steps, features)` numbers of one line."""
    features = [
        ["nan" if (value := each.strip()) in _MISSING else value for each in part.split(",")]
        for part in row
    ]
    lengths = {len(each) for each in features}
    if len(lengths) > 1:
        raise DataError(
            f"Line {number} of {name} has features of {min(lengths)} to {max(lengths)} steps. "
            "All features of a series have the same steps; write ? where a value is missing."
        )
    try:
        return np.array(features, dtype="float64").T
    except ValueError:
        wrong = next(value for each in features for value in each if not _is_number(value))
        raise DataError(
            f"Line {number} of {name} has the text {wrong!r} among its numbers. Write ? where a "
            "value is missing."
        ) from None


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
