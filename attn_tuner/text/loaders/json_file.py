"""Reads JSON and JSON Lines."""

import json
from collections.abc import Mapping
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import ReadOptions, Table, loaders
from attn_tuner.text.loaders.encodings import decode_text
from attn_tuner.text.loaders.files import FileFormat
from attn_tuner.text.loaders.sequences import records_to_rows


@loaders.register("jsonl")
class JsonLinesLoader(FileFormat):
    """Takes a .jsonl or .ndjson file, with one object in each line."""

    suffixes = (".jsonl", ".ndjson")

    def parse(self, name: str, data: bytes, options: ReadOptions) -> Table:
        text, notes = decode_text(name, data, options.encoding)
        return _of_lines(name, text, notes)


@loaders.register("json")
class JsonLoader(FileFormat):
    """Takes a .json file: an array of objects, an object with a list for each column, or lines."""

    suffixes = (".json",)

    def parse(self, name: str, data: bytes, options: ReadOptions) -> Table:
        text, notes = decode_text(name, data, options.encoding)
        try:
            found = _parsed(text)
        except ValueError as error:
            lines = text.strip().split("\n")
            if len(lines) > 1 and lines[0].rstrip().endswith("}"):
                return _of_lines(name, text, notes)
            raise DataError(f"{name} is not JSON: {error}.") from None
        return _of_value(name, found, notes)


def _of_value(name: str, found: Any, notes: tuple[str, ...]) -> Table:
    if isinstance(found, Mapping):
        if all(isinstance(each, Mapping) for each in found.values()):  # As pandas writes them.
            found = {name: list(each.values()) for name, each in found.items()}
        if not all(isinstance(each, list) for each in found.values()):
            found = [found]
    if isinstance(found, Mapping):
        if len({len(column) for column in found.values()}) > 1:
            raise DataError(f"The columns of {name} have different lengths. Correct the file.")
        return Table(name, {"train": dict(found)}, notes=notes)
    if not isinstance(found, list):
        raise DataError(
            f"{name} holds a {type(found).__name__}. It should be an array of objects with their "
            "columns by name."
        )
    return Table.of_rows(name, *records_to_rows(name, found, "Element"), notes=notes)


def _of_lines(name: str, text: str, notes: tuple[str, ...]) -> Table:
    records, numbers = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(_parsed(line))
        except ValueError as error:
            raise DataError(f"Line {number} of {name} is not JSON: {error}.") from None
        numbers.append(number)
    return Table.of_rows(name, *records_to_rows(name, records, "Line", numbers), notes=notes)


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
