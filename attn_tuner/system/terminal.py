"""Escapes text for a terminal, where some characters are commands, and prints JSON there."""

import json
import sys
import unicodedata
from collections.abc import Mapping

# Joiners shape letters of some scripts and emoji, and are no commands.
_KEPT = "\n\t\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
# Control and format characters, the bidirectional ones among them, lone surrogates, and line and
# paragraph separators.
_ESCAPED_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")


def escape_controls(text: object) -> str:
    r"""Escapes every character that a terminal might interpret, as JSON writes it: `\u001b`.

    Line feeds and tabs stay. JSON stays JSON with the same values.

    Args:
        text: any object; its `str` is used.
    """
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(each) for each in text)


def to_single_line(text: object) -> str:
    """Escapes as `escape_controls`, and replaces line feeds and tabs by spaces."""
    return escape_controls(text).replace("\n", " ").replace("\t", " ")


def print_json(value: Mapping) -> None:
    """Prints an object as JSON on one line, escaped for the terminal."""
    # What a terminal cannot show would be printed as an escape that JSON does not have.
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    print(escape_controls(json.dumps(value, ensure_ascii=plain)))


def _escape(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _ESCAPED_CATEGORIES:
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
