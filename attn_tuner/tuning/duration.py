"""Reads and writes durations: "90s", "20m", "1h30m"."""

import math
import re
from datetime import timedelta

from attn_tuner.errors import BudgetError

_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}


_DURATION = re.compile(
    r"(?:(?P<d>\d+(?:\.\d*)?)d)?(?:(?P<h>\d+(?:\.\d*)?)h)?"
    r"(?:(?P<m>\d+(?:\.\d*)?)m)?(?:(?P<s>\d+(?:\.\d*)?)s)?"
)


def parse_duration(given) -> float:
    """Seconds meant by `"90s"`, `"20m"`, `"2h"`, `"1h30m"`, `"1.5h"`, a number or a timedelta.

    Raises:
        BudgetError: it is none of these, or not above zero.
    """
    seconds = _seconds(given)
    if seconds is None or not math.isfinite(seconds):
        raise BudgetError(
            f"A duration of {given!r} cannot be read. Write '90s', '20m', '2h', '1h30m' or a "
            "number of seconds."
        )
    if seconds <= 0:
        raise BudgetError(f"A duration must be above zero; got {given!r}. Try '20m'.")
    return seconds


def format_duration(seconds: float) -> str:
    """The duration as `parse_duration` reads it, in whole seconds: `"1h30m"`, `"45s"`."""
    rest = round(seconds)
    parts = []
    for unit, size in (("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _seconds(given) -> float | None:
    if isinstance(given, timedelta):
        return given.total_seconds()
    if isinstance(given, str):
        text = re.sub(r"\s", "", given.lower())
        found = _DURATION.fullmatch(text)
        if text and found:
            return sum(float(found[unit]) * size for unit, size in _SECONDS.items() if found[unit])
        given = text
    try:
        return None if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        return None
