"""Reads tables in files: CSV, TSV, JSON, JSON Lines and Parquet, compressed or not."""

import csv
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import RawData, choose_columns, loaders
from attn_tuner.text.loaders.decompression import COMPRESSIONS, decode_text, read_decompressed
from attn_tuner.text.loaders.sequences import records_to_rows

_SEPARATORS = ",;\t|"  # Of a .csv; the first line says which.


@loaders.register("files")
class FilesLoader:
    """Takes the path of a table with named columns: .csv, .tsv, .json, .jsonl or .parquet.

    Text is UTF-8, or UTF-16 with a byte order mark. Fields of a .csv are separated by commas,
    semicolons, tabs or bars. .gz, .bz2 and .xz are decompressed.
    """

    def accepts(self, source: Any) -> bool:
        if isinstance(source, Path):
            return True
        return isinstance(source, str) and (
            table_suffix(Path(source)) in _READERS or _exists(source)
        )

    def read(self, source: Any, text: str | None = None, label: str | None = None) -> RawData:
        path = Path(source)
        columns, rows = read_table(path)
        text, label = choose_columns(path.name, columns, text, label)
        at = columns.index(text), columns.index(label)
        return RawData(path.name, {"train": tuple([row[k] for row in rows] for k in at)})


def table_suffix(path: Path) -> str:
    """Returns the suffix that tells the format of a table: `.csv` of `a.csv.gz`."""
    suffixes = [each.lower() for each in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def read_table(path: Path) -> tuple[list[str], list]:
    """Reads the column names and rows of a table in any known format.

    Raises:
        DataError: there is no such file, or it is no table of a known kind; says what would do.
    """
    if not _exists(path):
        what = "is a folder" if os.path.isdir(path) else "does not exist"
        raise DataError(f"The file {path} {what}. Give the path of a table of texts.")
    reader = _READERS.get(table_suffix(path))
    if reader is None:
        raise DataError(
            f"The format of {path.name} is not clear from its name, which should end in "
            f"{', '.join(_READERS)}, or in one of these and {', '.join(COMPRESSIONS)}."
        )
    columns, rows = reader(path.name, read_decompressed(path))
    if not columns:
        raise DataError(f"{path.name} holds no rows. It needs a line of column names.")
    return columns, rows


def read_lines(path: Path) -> list[str]:
    """Reads the lines of a text file.

    Raises:
        DataError: it is not there, cannot be read or is no UTF-8.
    """
    return decode_text(path.name, read_decompressed(path)).splitlines()


def read_csv(name: str, data: bytes) -> tuple[list[str], list]:
    """Reads a CSV table whose separator the first line shows."""
    text = decode_text(name, data)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    fields = {mark: len(next(csv.reader([first], delimiter=mark), [])) for mark in _SEPARATORS}
    return _rows(name, text, max(fields, key=lambda mark: fields[mark]))


def read_tsv(name: str, data: bytes) -> tuple[list[str], list]:
    """Reads a table with tabs between fields."""
    return _rows(name, decode_text(name, data), "\t")


def read_json(name: str, data: bytes) -> tuple[list[str], list]:
    """Reads a JSON array of objects, or an object with a list for each column.

    Files named `.json` that hold JSON Lines are read as such.
    """
    text = decode_text(name, data)
    try:
        found = _parsed(text)
    except ValueError as error:
        lines = text.strip().split("\n")
        if len(lines) > 1 and lines[0].rstrip().endswith("}"):
            return read_jsonl(name, data)
        raise DataError(f"{name} is not JSON: {error}.") from None
    if isinstance(found, Mapping):
        if all(isinstance(each, Mapping) for each in found.values()):  # As pandas writes them.
            found = {name: list(each.values()) for name, each in found.items()}
        if not all(isinstance(each, list) for each in found.values()):
            found = [found]
    if isinstance(found, Mapping):
        if len({len(column) for column in found.values()}) > 1:
            raise DataError(f"The columns of {name} have different lengths. Correct the file.")
        return list(found), [list(row) for row in zip(*found.values(), strict=True)]
    if not isinstance(found, list):
        raise DataError(
            f"{name} holds a {type(found).__name__}. It should be an array of objects with their "
            "columns by name."
        )
    return records_to_rows(name, found, "Element")


def read_jsonl(name: str, data: bytes) -> tuple[list[str], list]:
    """Reads a table with one JSON object per line."""
    records, numbers = [], []
    for number, line in enumerate(decode_text(name, data).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(_parsed(line))
        except ValueError as error:
            raise DataError(f"Line {number} of {name} is not JSON: {error}.") from None
        numbers.append(number)
    return records_to_rows(name, records, "Line", numbers)


def read_parquet(name: str, data: bytes) -> tuple[list[str], list]:
    """Reads a Parquet table."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(io.BytesIO(data))
        columns = [column.to_pylist() for column in table.columns]
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{name} is not a Parquet file that can be read: {first}.") from error
    return table.column_names, list(zip(*columns, strict=True))


def _rows(name: str, text: str, delimiter: str):
    """Parses a table with a given separator.

    Raises:
        DataError: a row has another number of fields than the first line, or its quotes do not
            close; names the line.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    limit = csv.field_size_limit(2**31 - 1)  # The usual 128 KiB would refuse a long text.
    rows, line = [], 1
    try:
        columns = next(reader, [])
        line = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(columns):
                raise DataError(
                    f"Line {line} of {name} has {len(row)} fields where the first line has "
                    f"{len(columns)}. Quote texts that hold the separator or a line break."
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
    return columns, rows


def _parsed(text: str):
    """Parses JSON; raises ValueError with a short reason."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(error.msg) from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except ValueError:
        raise ValueError("it holds a number of too many digits") from None


def _exists(path) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # Longer than a name may be, or with a null in it.
        return False


_READERS = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
}
