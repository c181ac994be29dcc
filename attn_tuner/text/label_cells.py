"""Parses lists of label names in a table cell, written as JSON or Python."""

import ast
import io
import json
import tokenize
from collections.abc import Iterable
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import short_repr

_LONGEST = 100_000  # Characters of a cell that is read as a list.
_OPEN, _CLOSE = "[({", "])}"


def looks_like_list(cell: Any) -> bool:
    """Checks that a cell begins and ends as a list does; it may still not parse as one."""
    cell = cell.strip() if isinstance(cell, str) else ""
    return len(cell) > 1 and cell[0] in _OPEN and cell[-1] == _CLOSE[_OPEN.index(cell[0])]


def are_lists(values: Iterable) -> bool:
    """Checks that every cell with content is a list, and at least one has other than one name.

    Cells such as `[sport]` alone may be names in brackets.
    """
    cells = [value for value in values if not (isinstance(value, str) and not value.strip())]
    if not cells or not all(looks_like_list(cell) for cell in cells):
        return False
    try:
        found = [parse_list(cell, "") for cell in cells]
    except DataError:
        return False
    lists = [names for names in found if names is not None]
    return len(lists) == len(found) and any(len(names) != 1 for names in lists)


def parse_list(cell: str, where: str) -> list | None:
    """Parses the names in a cell; returns None where the cell is no list.

    Raises:
        DataError: a bracket is unmatched, or the content is not a list of names.
    """
    text = cell.strip()
    if looks_like_list(text):
        found = _parsed(text) if len(text) <= _LONGEST else None
        if found is not None or text[0] == "(":  # A name may well stand in parentheses.
            return found
    elif not text or not _half(text):
        return None
    raise DataError(
        f"The labels {short_repr(cell)} of {where} are not a valid list. Write them as "
        '["a", "b"], or as names with | between them.'
    )


def _half(text: str) -> bool:
    return (text[0] == "[" or text[-1] == "]") and text.count("[") != text.count("]")


def _parsed(text: str) -> list | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = _of_python(text)
    names = list(found) if isinstance(found, list | tuple | set) else None
    if names is None or not all(isinstance(name, str | int | float) for name in names):
        return None
    return names


def _of_python(text: str):
    try:
        tree = ast.parse(text, mode="eval").body
        # Strings without a comma between them, as NumPy prints them, would become one string.
        strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        if any(len(_quoted(text, node)) > 1 for node in strings if isinstance(node.value, str)):
            return None
        return ast.literal_eval(tree)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def _quoted(text: str, node) -> list:
    """Returns the string literals in the source of a constant."""
    source = ast.get_source_segment(text, node) or ""
    kinds = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token for token in kinds if token.type == tokenize.STRING]
