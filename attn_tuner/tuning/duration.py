"""Reads and writes durations: "90s", "20m", "1h30m", "5 minutes"."""

import math
import re
from datetime import timedelta

from attn_tuner.errors import BudgetError

_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_NAMES = {
    "d": "d|days?",
    "h": "h|hrs?|hours?",
    "m": "m|mins?|minutes?",
    "s": "s|secs?|seconds?",
}
# Each unit at most once, the larger first.
_DURATION = re.compile(
    "".join(rf"(?:(?P<{unit}>\d+(?:\.\d*)?)(?:{names}))?" for unit, names in _NAMES.items())
)


def parse_duration(given: str | float | timedelta) -> float:
    """Returns a duration in seconds.

    Args:
        given: `"90s"`, `"20m"`, `"2h"`, `"1h30m"`, `"1.5h"`, `"5 minutes"`, `"1 hour 30 min"`, a
            number of seconds, or a timedelta.

    Raises:
        BudgetError: it is none of these, or not above zero.
    """
    seconds = _seconds(given)
    if seconds is None or not math.isfinite(seconds):
        raise BudgetError(
            f"A duration of {given!r} cannot be read. Write '90s', '20m', '2h', '1h30m', "
            "'5 minutes' or a number of seconds."
        )
    if seconds <= 0:
        raise BudgetError(f"A duration must be above zero; got {given!r}. Try '20m'.")
    return seconds


def format_duration(seconds: float) -> str:
    """Writes a duration as `parse_duration` reads it, in whole seconds: `"1h30m"`, `"45s"`."""
    rest = round(seconds)
    parts = []
    for unit, size in (("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _seconds(given: str | float | timedelta) -> float | None:
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
