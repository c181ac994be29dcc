"""Reads tables in text: a line for each row, a separator between fields."""

import csv
import io
import re
from collections.abc import Sequence

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import reads_as_number
from attn_tuner.text.column_names import LABEL_NAMES, TEXT_NAMES
from attn_tuner.text.loaders.base import ReadOptions, Table, loaders
from attn_tuner.text.loaders.encodings import decode_text
from attn_tuner.text.loaders.files import FileFormat

SEPARATORS = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
    "^": "carets",
    "~": "tildes",
    "\x01": "the control character 1",
}
_FEW_SAME = 50  # Rows in which a field of the first line is looked for.
_LONG_NAME = 60  # Characters; a longer field is no name of a column.


class SeparatedFormat(FileFormat):
    """Reads rows of fields; a derived class says which separators may stand between them."""

    separators: tuple[str, ...] = ()

    def parse(self, name: str, data: bytes, options: ReadOptions) -> Table:
        text, notes = decode_text(name, data, options.encoding)
        separator = _separator(text, self.separators)
        if separator != self.separators[0]:
            notes += (f"The fields of {name} are separated by {SEPARATORS[separator]}.",)
        lines = _rows(name, text, separator)
        if not lines:
            return Table(name, {"train": {}})
        header = options.header
        if header is None:
            header = _has_header(lines, options)
            if not header:
                notes += (
                    f"The first line of {name} looks like data, not like names of columns: its "
                    f"columns are called {_positions(len(lines[0]))}. If it is a header, say "
                    "header=True.",
                )
        if header:
            return Table.of_rows(name, lines[0], lines[1:], notes=notes)
        columns = [f"column_{place}" for place in range(1, len(lines[0]) + 1)]
        return Table.of_rows(name, columns, lines, positional=True, notes=notes)


@loaders.register("csv")
class CsvLoader(SeparatedFormat):
    """Takes a .csv file; commas, semicolons, tabs, bars, carets or tildes separate its fields."""

    suffixes = (".csv",)
    separators = tuple(SEPARATORS)


@loaders.register("tsv")
class TsvLoader(SeparatedFormat):
    """Takes a .tsv file, whose fields are separated by tabs."""

    suffixes = (".tsv", ".tab")
    separators = ("\t",)


def _separator(text: str, separators: Sequence[str]) -> str:
    """Returns the separator that divides the first line into most fields."""
    first = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    return max(separators, key=lambda mark: _fields(first, mark))


def _fields(line: str, separator: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=separator), []))
    except csv.Error:  # A field of more than 128 KiB.
        return line.count(separator) + 1


def _has_header(lines: list[list[str]], options: ReadOptions) -> bool:
    """Guesses whether the first line names the columns.

    It does if a field is named in the options or is a usual name. It does not if a field is long,
    a number, or stands in the same column further below, as a label does.
    """
    first = [field.strip() for field in lines[0]]
    asked: list = []
    for each in (options.text, options.label, options.weight, options.group, options.time):
        asked += each if isinstance(each, list) else [each]
    usual = {*TEXT_NAMES, *LABEL_NAMES, "id"}
    if any(field in asked or field.lower() in usual for field in first):
        return True
    below = lines[1 : 1 + _FEW_SAME]
    return not any(
        len(field) > _LONG_NAME
        or reads_as_number(field)
        or (field and any(row[place].strip() == field for row in below))
        for place, field in enumerate(first)
    )


def _positions(count: int) -> str:
    return "column_1" if count == 1 else f"column_1 to column_{count}"


def _rows(name: str, text: str, delimiter: str) -> list[list[str]]:
    """Parses a table with a given separator.

    Raises:
        DataError: a row has another number of fields than the first line, or its quotes do not
            close; names the line.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    limit = csv.field_size_limit(2**31 - 1)  # The usual 128 KiB would refuse a long text.
    rows: list[list[str]] = []
    line = 1
    try:
        for row in reader:
            if rows and row and len(row) != len(rows[0]):
                raise DataError(
                    f"Line {line} of {name} has {len(row)} fields where the first line has "
                    f"{len(rows[0])}. Quote texts that hold the separator or a line break."
                )
            if row:
                rows.append(row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"Line {line} of {name} is broken: {error}. "
            'Inside a quoted field, write each quote twice ("").'
        ) from None
    finally:
        csv.field_size_limit(limit)
    return rows
