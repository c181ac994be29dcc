"""Checks of one option: each takes its name and value, and gives the plain value or refuses it."""

import numbers
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from attn_tuner.errors import DataError, SpaceError, UnknownName
from attn_tuner.registry import unknown

_MANY = 10**9  # Of anything counted here nobody means as much.
_GREATEST = 1e300


def path(name, value) -> Path:
    """The value as a path, whether it is there or not."""
    if not isinstance(value, str | os.PathLike) or not str(value) or "\0" in str(value):
        raise DataError(f"{name} is {shown(value)}; it should be a path.")
    return Path(value)


def flag(name, value) -> bool:
    """True or False, and nothing that merely counts as one."""
    if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
        raise SpaceError(f"{name} is {shown(value)}; it should be True or False.")
    return bool(value)


def name_of(available: Callable[[], Mapping], kind: str):
    """One of the names that `available()` holds."""

    def check(name, value):
        if not isinstance(value, str) or value not in available():
            raise UnknownName(unknown(kind, brief(value), available()))
        return value

    return check


def count(least: int, optional=False, error=SpaceError, most=_MANY):
    """A whole number from `least` on; None too where it is optional."""

    def check(name, value):
        if optional and value is None:
            return None
        good = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        if not good or not least <= value <= most:
            bounds = f"at least {least}" if most == _MANY else f"from {least} to {most}"
            raise error(f"{name} is {shown(value)}; it should be a whole number, {bounds}.")
        return int(value)

    return check


def number(least: float, above=False, optional=False):
    """A finite number from `least` on, or above it."""

    def check(name, value):
        if optional and value is None:
            return None
        whole = isinstance(value, numbers.Integral)
        good = isinstance(value, numbers.Real) and not isinstance(value, bool)
        plain = int(value) if good and whole else float(value) if good else None
        # NaN is below nothing; a whole number may be too large for a float.
        if not good or not least <= plain < _GREATEST or (above and plain == least):
            bound = f"above {least:g}" if above else f"{least:g} or more"
            raise SpaceError(f"{name} is {shown(value)}; it should be a number, {bound}.")
        return plain

    return check


def shown(value) -> str:
    """The value as a message quotes it, on one line."""
    words = repr(value) if isinstance(value, str) else " ".join(brief(value).split())
    return words if len(words) <= 60 else f"{words[:57]}..."


def brief(value) -> str:
    """The value in a few words; a table would fill the screen."""
    plain = value is None or isinstance(value, str | bytes | numbers.Number | list | tuple | set)
    try:
        words = value if isinstance(value, str) else repr(value)
    except ValueError:  # A number of more digits than Python writes out.
        plain = False
    return words[:200] if plain else f"a {type(value).__name__}"
