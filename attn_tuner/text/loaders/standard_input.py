"""Reads a table from standard input."""

import sys
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import ReadOptions, Table, loaders
from attn_tuner.text.loaders.files import parse_table
from attn_tuner.text.loaders.locations import COMPRESSIONS, STANDARD_INPUT, unpacked

_NAME = "standard input"
_PACKED = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ": ".xz"}
_BINARY = {b"PAR1": ".parquet", b"ARROW1": ".arrow", b"\xff\xff\xff\xff": ".arrow", b"PK": ".xlsx"}
_SPACE = b" \t\r\n\xef\xbb\xbf"


@loaders.register("standard_input")
class StandardInputLoader:
    """Takes the string "-": a table on standard input, whose first bytes tell its format."""

    def accepts(self, source: Any) -> bool:
        return isinstance(source, str) and source == STANDARD_INPUT

    def read(self, source: Any, options: ReadOptions) -> Table:
        if sys.stdin is None or sys.stdin.isatty():
            raise DataError("Nothing is piped to standard input. Give the path of a table.")
        data = sys.stdin.buffer.read()
        packed = next((each for mark, each in _PACKED.items() if data.startswith(mark)), None)
        if packed in COMPRESSIONS:
            data = unpacked(f"{_NAME}{packed}", data)
        suffix = _suffix_of(data)
        table = parse_table(f"{_NAME}{suffix}", data, options)
        return Table(
            _NAME,
            table.parts,
            positional=table.positional,
            notes=(f"Standard input was read as {suffix}.", *table.notes),
        )


def _suffix_of(data: bytes) -> str:
    """Returns the suffix of the format in which the bytes are."""
    found = next((each for mark, each in _BINARY.items() if data.startswith(mark)), None)
    if found is not None:
        return found
    beginning = data.lstrip(_SPACE)[:1]
    return ".json" if beginning in (b"[", b"{") else ".csv"
