"""CSV, TSV, JSON Lines and Parquet files."""

import csv
import io
import json
from pathlib import Path

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import RawData, choose_columns, loaders


@loaders.register("files")
class FilesLoader:
    """Takes the path of a table: .csv, .tsv, .jsonl or .parquet, UTF-8, with named columns."""

    def accepts(self, source) -> bool:
        if isinstance(source, Path):
            return True
        return isinstance(source, str) and (
            Path(source).suffix.lower() in _READERS or Path(source).is_file()
        )

    def read(self, source, text=None, label=None) -> RawData:
        path = Path(source)
        columns, rows = read_table(path)
        text, label = choose_columns(path.name, columns, text, label)
        at = columns.index(text), columns.index(label)
        return RawData(path.name, {"train": tuple([row[k] for row in rows] for k in at)})


def read_table(path: Path) -> tuple[list[str], list]:
    """Column names and rows of any table that can be read.

    Raises:
        DataError: there is no such file, or it is no table of a known kind; says what would do.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise DataError(f"The file {path} {what}. Give the path of a table of texts.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"What kind of table {path.name} is cannot be told from its name. "
            f"It should end in {', '.join(_READERS)}."
        )
    try:
        columns, rows = reader(path)
    except OSError as error:
        raise DataError(f"The file {path} cannot be read: {error.strerror}.") from error
    if not columns:
        raise DataError(f"{path.name} holds no rows. It needs a line of column names.")
    return columns, rows


def read_lines(path: Path) -> list[str]:
    """The lines of a text file.

    Raises:
        DataError: it is not there, cannot be read or is no UTF-8.
    """
    try:
        return _utf8(path).splitlines()
    except OSError as error:
        raise DataError(f"The file {path} cannot be read: {error.strerror}.") from error


def read_delimited(path: Path, delimiter: str):
    """Column names and rows of a table with one kind of separator.

    Raises:
        DataError: a row has another number of fields than the first line, or its quotes do not
            close; names the line.
    """
    reader = csv.reader(io.StringIO(_utf8(path), newline=""), delimiter=delimiter, strict=True)
    limit = csv.field_size_limit(2**31 - 1)  # The usual 128 KiB would refuse a long text.
    rows, line = [], 1
    try:
        columns = next(reader, [])
        line = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(columns):
                raise DataError(
                    f"Line {line} of {path.name} has {len(row)} fields where the first line has "
                    f"{len(columns)}. Quote texts that hold the separator or a line break."
                )
            if row:
                rows.append(row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"Line {line} of {path.name} is broken: {error}. "
            'Inside a quoted field, write each quote twice ("").'
        ) from None
    finally:
        csv.field_size_limit(limit)
    return columns, rows


def read_jsonl(path: Path):
    """Column names and rows of a file with one JSON object a line."""
    records = []
    for number, line in enumerate(_utf8(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"Line {number} of {path.name} is not JSON: {error.msg}.") from None
        if not isinstance(record, dict):
            raise DataError(
                f"Line {number} of {path.name} holds a {type(record).__name__}. "
                "Each line should be an object with its columns by name."
            )
        records.append(record)
    columns = list(dict.fromkeys(key for record in records for key in record))
    return columns, [[record.get(column) for column in columns] for record in records]


def read_parquet(path: Path):
    """Column names and rows of a Parquet file."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (pyarrow.ArrowException, ValueError) as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{path.name} is not a Parquet file that can be read: {first}.") from error
    columns = [column.to_pylist() for column in table.columns]
    return table.column_names, list(zip(*columns, strict=True))


def _utf8(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"Line {line} of {path.name} is not UTF-8 (byte 0x{data[error.start]:02x}). "
            "Convert the file to UTF-8 first."
        ) from None


_READERS = {
    ".csv": lambda path: read_delimited(path, ","),
    ".tsv": lambda path: read_delimited(path, "\t"),
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
}
