"""Reads tables with a row for each step of each series."""

import io
import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.loaders.row_order import in_order, seconds_or_numbers, since_last_step
from attn_tuner.series.value_checks import check_series
from attn_tuner.text.loaders.base import sentence_start
from attn_tuner.text.loaders.encodings import decode_text
from attn_tuner.text.loaders.locations import file_name, read_bytes, suffix_of

if TYPE_CHECKING:
    import pandas

SEPARATORS = (",", ";", "\t", "|")
ELAPSED = "time_since_last_step"
PARQUET = (".parquet", ".pq")
TEXT = (".csv", ".tsv", ".tab", ".txt")


def from_table(
    source: Any,
    id: Hashable | None = "id",
    time: Hashable | None = "time",
    values: Sequence[Hashable] | None = None,
    label: Hashable | None = None,
    group: Hashable | None = None,
    elapsed: bool = False,
    by_time: bool = False,
) -> LabelledSeries:
    """Reads a long table: a row is one step of one series.

        id,time,pulse,pressure,label
        a,0,61,,well
        a,5,63,121,well

    Rows of a series are put in the order of their times; gaps and irregular times stay as they are.
    An empty field is a missing value.

    Args:
        source: path or URL of a .csv, .tsv or .parquet file, compressed or not; a DataFrame of
            pandas or polars, an Arrow table, or a dict of columns.
        id: column that tells series apart; None if the table is one series.
        time: column of numbers or dates; None if the rows are in order.
        values: columns of the features; None for all that have no other role.
        label: column of the labels, the same in all rows of a series; empty fields are passed over.
        group: column of what stays in one part, the same in all rows of a series.
        elapsed: adds the feature "time_since_last_step", 0 at the first: seconds for dates, else
            in the unit of the column.
        by_time: whether the time of its last row tells which series are later, and held out.

    Raises:
        DataError: a column is not there; a value is text or infinite; an id or time is missing, or
            a time stands twice in a series; a series has several labels or groups, or no label.
    """
    return series_of_frame(read_frame(source), id, time, values, label, group, elapsed, by_time)


def series_of_frame(
    table: tuple[str, "pandas.DataFrame", tuple[str, ...]],
    id: Hashable | None = None,
    time: Hashable | None = None,
    values: Sequence[Hashable] | None = None,
    label: Hashable | None = None,
    group: Hashable | None = None,
    elapsed: bool = False,
    by_time: bool = False,
) -> LabelledSeries:
    """Converts what `read_frame` returned; the other arguments are those of `from_table`."""
    name, frame, notes = table
    roles = {"id": id, "time": time, "label": label, "group": group}
    for role, column in roles.items():
        if column is not None and column not in frame.columns:
            raise DataError(_no_column(name, role, column, frame))
    if not len(frame):
        raise DataError(
            f"{sentence_start(name)} has no rows. It needs a row for each step of each series."
        )
    taken = [column for column in roles.values() if column is not None]
    names = [each for each in frame.columns if each not in taken] if values is None else values
    numbers = _numbers(name, frame, list(names))
    if (elapsed or by_time) and time is None:
        raise DataError("elapsed= and by_time= need the times of the steps. Say time=.")
    codes, ids = _codes(name, frame, id)
    when = None if time is None else seconds_or_numbers(name, frame[time])
    order, starts, more = in_order(name, codes, ids, when)
    numbers = numbers[order]
    if elapsed and when is not None:
        numbers = np.column_stack([numbers, since_last_step(when[order], starts)])
        names = [*names, ELAPSED]
    series = np.split(numbers, starts[1:])
    made, features, odd = check_series(
        series, list(map(str, names)), lambda place: f"Series '{ids[place]}' of {name}"
    )
    labels = None if label is None else _of_series(name, frame[label], codes, ids, "label")
    groups = None if group is None else _of_series(name, frame[group], codes, ids, "group")
    ends = np.append(starts[1:], len(order)) - 1
    return LabelledSeries(
        made,
        labels,
        features,
        None if groups is None else list(map(str, groups)),
        when[order][ends] if by_time and when is not None else None,
        (*notes, *more, *odd),
    )


def read_frame(source: Any) -> tuple[str, "pandas.DataFrame", tuple[str, ...]]:
    """Returns name and rows of a source, and sentences on how it was read."""
    import pandas

    if isinstance(source, str | Path):
        return _file(source)
    if isinstance(source, pandas.DataFrame):
        frame, name = source, "the DataFrame"
    elif hasattr(source, "to_pandas"):
        frame, name = source.to_pandas(), "the table"
    elif isinstance(source, Mapping):
        lengths = {column: len(values) for column, values in source.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{column} {length:,}" for column, length in lengths.items())
            raise DataError(f"The columns of the dict have unlike lengths: {listed}.")
        frame, name = pandas.DataFrame(dict(source)), "the dict"
    else:
        raise DataError(
            f"A table of series cannot be read from a {type(source).__name__}. Give the path of a "
            ".csv or .parquet file, a DataFrame, or a dict of columns."
        )
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(
            f"{sentence_start(name)} has several columns called '{twice[0]}'. Rename all but one."
        )
    return name, frame, ()


def _file(path: str | Path) -> tuple[str, "pandas.DataFrame", tuple[str, ...]]:
    import pandas

    name, suffix = file_name(path), suffix_of(path)
    if suffix not in (*PARQUET, *TEXT):
        raise DataError(
            f"The format of {name} is not clear from its name, which should end in "
            f"{', '.join((*TEXT, *PARQUET))}."
        )
    data = read_bytes(path)
    if not data.strip():
        raise DataError(f"{name} is empty. It needs a line of column names, and a row a step.")
    if suffix in PARQUET:
        try:
            return name, pandas.read_parquet(io.BytesIO(data)), ()
        except (ValueError, OSError) as error:  # Those of Arrow derive from them.
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(f"{name} is not a Parquet file that can be read: {first}.") from error
    text, notes = decode_text(name, data)
    first_line = re.search(r"\S[^\r\n]*", text)
    separator = max(SEPARATORS, key=first_line.group().count) if first_line else SEPARATORS[0]
    try:
        # As bytes: a StringIO takes four for each character.
        frame = pandas.read_csv(io.BytesIO(text.encode()), sep=separator, low_memory=False)
    except pandas.errors.ParserError as error:
        said = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataError(f"{name} is no table: {said}. Give each line the same fields.") from error
    if not isinstance(frame.index, pandas.RangeIndex):
        raise DataError(
            f"The rows of {name} have more fields than its first line has names. Name every column."
        )
    return name, frame, notes


def _no_column(name: str, role: str, column: Hashable, frame: "pandas.DataFrame") -> str:
    listed = ", ".join(map(str, frame.columns))
    without = {"id": ", or id=None for a single series", "time": ", or time=None for rows in order"}
    return (
        f"{sentence_start(name)} has no column '{column}'. Its columns are {listed}. Say {role}="
        f"{without.get(role, '')}."
    )


def _numbers(name: str, frame: "pandas.DataFrame", columns: list) -> np.ndarray:
    """Returns the columns as `(rows, features)` floats."""
    import pandas

    absent = [each for each in columns if each not in frame.columns]
    if absent:
        raise DataError(_no_column(name, "values", absent[0], frame))
    if not columns:
        raise DataError(
            f"{sentence_start(name)} has no column of values beside those that were named."
        )
    found = np.empty((len(frame), len(columns)))
    for place, column in enumerate(columns):
        given = frame[column]
        if given.dtype.kind in "Mmc":
            raise DataError(f"The column '{column}' of {name} has no numbers but {given.dtype}.")
        if isinstance(given.dtype, pandas.CategoricalDtype):
            given = given.astype(object)
        number = pandas.to_numeric(given, errors="coerce")
        wrong = number.isna() & given.notna()
        if wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            raise DataError(
                f"The column '{column}' of {name} has '{given.iloc[row]}' in row "
                f"{row + 1}. Give numbers with a decimal point and empty fields where they are "
                "missing, or leave the column out by values=."
            )
        found[:, place] = number.to_numpy(dtype="float64", na_value=np.nan)
    return found


def _codes(name: str, frame: "pandas.DataFrame", id: Hashable | None) -> tuple[np.ndarray, Any]:
    """Returns the number of the series of each row, and their names, in the order of the table."""
    import pandas

    if id is None:
        return np.zeros(len(frame), "int64"), [name]
    if frame[id].isna().any():
        row = int(np.argmax(frame[id].isna().to_numpy()))
        raise DataError(f"Row {row + 1} of {name} has no '{id}'. Name its series, or drop it.")
    return pandas.factorize(frame[id])


def _of_series(
    name: str, column: "pandas.Series", codes: np.ndarray, ids: Sequence, what: str
) -> list:
    """Returns the one value that each series has in a column.

    Raises:
        DataError: a series has several values, or none.
    """
    import pandas

    if column.dtype.kind == "f" and column.isna().any() and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")  # Empty fields have made floats of the numbers of classes.
    values, distinct = pandas.factorize(column)  # -1 where there is none.
    there = np.flatnonzero(values >= 0)
    first = np.full(len(ids), -1)
    first[codes[there[::-1]]] = there[::-1]  # The last assignment, the first row, stays.
    if (first < 0).any():
        series = ids[int(np.argmax(first < 0))]
        raise DataError(
            f"Series '{series}' of {name} has no {what}: '{column.name}' is empty in all its rows."
        )
    other = there[values[there] != values[first[codes[there]]]]
    if len(other):
        row = int(other[0])
        before = int(first[codes[row]])
        raise DataError(
            f"Series '{ids[codes[row]]}' of {name} has the {what} '{distinct[values[before]]}' in "
            f"row {before + 1} and '{distinct[values[row]]}' in row {row + 1}. Give a series one "
            f"{what}, or another id where it changes."
        )
    plain = pandas.Index(distinct).tolist()  # Numbers of Python, as those of a list are.
    return [plain[values[row]] for row in first]
