"""Texts on standard input: one in each line, or a table whose first line names its columns."""

import json
import re

from attn_tuner.errors import DataError
from attn_tuner.storage.atomic_files import scratch
from attn_tuner.text.input_texts import GivenTexts, one_or_several, read_texts
from attn_tuner.text.loaders.base import choose_text

NAME = "standard_input"
_SEPARATORS = {",": ".csv", "\t": ".tsv"}
_COLUMN = re.compile(r"[\w .-]{1,40}")  # What a column of a table is usually called.


def read_arguments(arguments, stream, text: str | None, who: str) -> tuple[GivenTexts, str]:
    """The texts of a command's arguments, of the one file that they name, or of the stream.

    Args:
        arguments: of the command; none for the stream.
        stream: of bytes.
        text: the column of the texts.
        who: takes the texts, for messages.

    Returns:
        The texts, and what to say about how they were read, or "".
    """
    if arguments:
        return read_texts(one_or_several(arguments, text), text, who), ""
    return read_piped(stream.read(), text)


def read_piped(data: bytes, text: str | None = None) -> tuple[GivenTexts, str]:
    """The texts in what came through a pipe, and a sentence where it was taken for a table.

    It is a table where a column is named, where the first line holds names of columns of which one
    is obviously that of the texts, and where it is a JSON object.

    Args:
        data: all of it, UTF-8.
        text: the column of the texts.

    Raises:
        DataError: it is no UTF-8, or a table that cannot be read.
    """
    lines = _decoded(data).split("\n")
    if lines[-1] == "":
        lines.pop()
    lines = [line.removesuffix("\r") for line in lines]
    kind = _kind_of(lines, text)
    if kind is None:
        return GivenTexts(lines), ""
    with scratch() as folder:
        path = folder / f"{NAME}{kind}"
        path.write_bytes(data)
        given = read_texts(path, text)
    listed = ", ".join(map(str, given.columns))
    return given, (
        f"Standard input was read as a table with the columns {listed}. For a text in each line "
        "leave out the line of names, or give a .txt file."
    )


def _kind_of(lines, text) -> str | None:
    """The ending of a table's name; None where each line is a text."""
    first = lines[0] if lines else ""
    if first.lstrip().startswith("{") and _is_object(first):
        return ".jsonl"
    for separator, kind in _SEPARATORS.items():
        names = [name.strip().strip('"') for name in first.split(separator)]
        if text is not None and text in names:
            return kind
        several = len(names) > 1 or (separator == "," and len(lines) > 1)
        if several and all(map(_COLUMN.fullmatch, names)) and _obvious(names):
            return kind
    if text is not None:
        raise DataError(
            f"Standard input should be a table with a column '{text}'; its first line is "
            f"{first[:80]!r}. Give CSV, TSV or JSON Lines, or leave --text out for a text in each "
            "line."
        )
    return None


def _obvious(names) -> bool:
    """Whether one of the names is one that columns of texts usually have."""
    try:
        # One more column, or the only one would do under any name.
        choose_text(NAME, [*names, ""], None)
    except DataError:
        return False
    return True


def _is_object(line) -> bool:
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
