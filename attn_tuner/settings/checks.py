"""Checks of one value: each takes a setting's name and value, and returns the plain value."""

import numbers
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attn_tuner.errors import AttnTunerError, DataError, SpaceError, UnknownName
from attn_tuner.registry import unknown

Check = Callable[[str, Any], Any]

_LARGEST_COUNT = 10**9  # More trials, epochs or texts are a mistake.
_LARGEST_NUMBER = 1e300


def anything(name: str, value: Any) -> Any:
    """Returns the value as it is: what uses it refuses it where it must."""
    return value


def path(name: str, value: Any) -> Path:
    """Returns the value as a path, whether it exists or not."""
    if not isinstance(value, str | os.PathLike) or not str(value) or "\0" in str(value):
        raise DataError(f"{name} is {shown(value)}; it should be a path.")
    return Path(value)


def flag(name: str, value: Any) -> bool:
    """Returns True or False; refuses numbers and strings that merely count as one."""
    if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
        raise SpaceError(f"{name} is {shown(value)}; it should be True or False.")
    return bool(value)


def name_in(available: Mapping, kind: str, value: Any) -> str:
    """Returns the value if `available` has that name.

    Args:
        available: name to part.
        kind: what a name stands for in the message, `"pruner"`.
        value: what was given.

    Raises:
        UnknownName: it has not; the message has the nearest name.
    """
    if not isinstance(value, str) or value not in available:
        raise UnknownName(unknown(kind, brief(value), available))
    return value


def count(
    least: int,
    optional: bool = False,
    error: type[AttnTunerError] = SpaceError,
    most: int = _LARGEST_COUNT,
) -> Check:
    """Makes a check for a whole number from `least` to `most`; None too if `optional`."""

    def check(name: str, value: Any) -> int | None:
        if optional and value is None:
            return None
        whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        plain = int(value) if whole else None
        if plain is None or not least <= plain <= most:
            bounds = f"at least {least}" if most == _LARGEST_COUNT else f"from {least} to {most}"
            raise error(f"{name} is {shown(value)}; it should be a whole number, {bounds}.")
        return plain

    return check


def number(
    least: float, above: bool = False, optional: bool = False, below: float | None = None
) -> Check:
    """Makes a check for a finite number of `least` or more; `above` excludes `least` itself.

    With `below` the number is less than that.
    """
    most = _LARGEST_NUMBER if below is None else below

    def check(name: str, value: Any) -> int | float | None:
        if optional and value is None:
            return None
        whole = isinstance(value, numbers.Integral)
        good = isinstance(value, numbers.Real) and not isinstance(value, bool)
        plain = int(value) if good and whole else float(value) if good else None
        # Comparisons with NaN are False; a whole number may be too large for a float.
        within = plain is not None and least <= plain < most
        if plain is None or not within or (above and plain == least):
            bound = f"above {least:g}" if above else f"{least:g} or more"
            bound = bound if below is None else f"{bound}, and below {below:g}"
            raise SpaceError(f"{name} is {shown(value)}; it should be a number, {bound}.")
        return plain

    return check


def shown(value: Any) -> str:
    """Returns the value as a message quotes it: on one line, 60 characters at most."""
    words = repr(value) if isinstance(value, str) else " ".join(brief(value).split())
    return words if len(words) <= 60 else f"{words[:57]}..."


def brief(value: Any) -> str:
    """Returns the value in a few words: a table by its type, since it would fill the screen."""
    plain = value is None or isinstance(value, str | bytes | numbers.Number | list | tuple | set)
    try:
        words = value if isinstance(value, str) else repr(value)
    except ValueError:  # Python refuses to print whole numbers of more than 4,300 digits.
        plain = False
    return words[:200] if plain else f"a {type(value).__name__}"
