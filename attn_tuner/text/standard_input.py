"""Reads texts from standard input: one per line, or a table with column names in its first line."""

import json
import re
from collections.abc import Sequence
from typing import Any, BinaryIO

from attn_tuner.errors import DataError
from attn_tuner.storage.atomic_files import scratch
from attn_tuner.text.column_choice import choose_text
from attn_tuner.text.input_texts import InputTexts, read_texts, texts_or_file

NAME = "standard_input"
_SEPARATORS = {",": ".csv", "\t": ".tsv"}
_COLUMN = re.compile(r"[\w .-]{1,40}")  # What a column of a table is usually called.


def read_arguments(
    arguments: list[str],
    stream: BinaryIO,
    text: str | list[str] | None,
    who: str,
    trained: Sequence[str] = (),
) -> tuple[InputTexts, str]:
    """Reads the texts of a command: its arguments, the file that they name, or standard input.

    Args:
        arguments: list of str, arguments of the command; empty for standard input.
        stream: binary file object.
        text: str, column of the texts, or a list of columns to join.
        who: str, name of the command in messages.
        trained: columns of text of the search, see `read_texts`.

    Returns:
        The texts, and what to say about how they were read, or "".
    """
    if arguments:
        return read_texts(texts_or_file(arguments, text), text, who, trained), ""
    return read_piped(stream.read(), text, trained)


def read_piped(
    data: bytes, text: str | list[str] | None = None, trained: Sequence[str] = ()
) -> tuple[InputTexts, str]:
    """Reads texts from the bytes of standard input.

    They are a table if `text` names a column, if the first line holds column names of which one is
    usual for texts or all that the search was given, or if it is a JSON object. Otherwise each line
    is a text.

    Args:
        data: bytes, all of standard input, UTF-8.
        text: str, column of the texts, or a list of columns to join.
        trained: columns of text of the search, see `read_texts`.

    Returns:
        The texts, and a sentence if they were read as a table, else "".

    Raises:
        DataError: the bytes are not UTF-8, or the table cannot be read.
    """
    lines = _decoded(data).split("\n")
    if lines[-1] == "":
        lines.pop()
    lines = [line.removesuffix("\r") for line in lines]
    kind = _kind_of(lines, text, trained)
    if kind is None:
        return InputTexts(lines), ""
    with scratch() as folder:
        path = folder / f"{NAME}{kind}"
        path.write_bytes(data)
        given = read_texts(path, text, trained=trained)
    listed = ", ".join(map(str, given.columns))
    return given, (
        f"Standard input was read as a table with the columns {listed}. To read one text per "
        "line, remove the line of names, or give a .txt file."
    )


def _kind_of(lines: list[str], text: Any, trained: Sequence[str]) -> str | None:
    """Returns the suffix of the table's kind; None if each line is a text."""
    first = lines[0] if lines else ""
    if first.lstrip().startswith("{") and _is_object(first):
        return ".jsonl"
    for separator, kind in _SEPARATORS.items():
        names = [name.strip().strip('"') for name in first.split(separator)]
        asked = text if isinstance(text, list) else [text]
        if text is not None and all(each in names for each in asked):
            return kind
        several = len(names) > 1 or (separator == "," and len(lines) > 1)
        if several and all(map(_COLUMN.fullmatch, names)) and _obvious(names, trained):
            return kind
    if text is not None:
        named = "', '".join(text) if isinstance(text, list) else text
        raise DataError(
            f"Standard input should be a table with a column '{named}'; its first line is "
            f"{first[:80]!r}. Give CSV, TSV or JSON Lines, or omit --text to read one text per "
            "line."
        )
    return None


def _obvious(names: list[str], trained: Sequence[str]) -> bool:
    """Checks whether the names are those of the search, or one is usual for a column of texts."""
    if trained and set(trained) <= set(names):
        return True
    try:
        # With a second column, as a single column is accepted under any name.
        choose_text(NAME, [*names, ""], None)
    except DataError:
        return False
    return True


def _is_object(line: Any) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"Line {line} of standard input is not UTF-8 (byte 0x{data[error.start]:02x}). "
            "Convert it to UTF-8 first."
        ) from None
