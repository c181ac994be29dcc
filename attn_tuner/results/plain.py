"""Facts as JSON can hold them, JSON that a page can hold, and counts in words."""

import json
import math

from markupsafe import Markup

from attn_tuner.text.remarks import lacks
from attn_tuner.tuning.folder import LINEAR_NAME


def plain(value):
    """The value without what JSON lacks: numpy's numbers, tuples, NaN and infinities (None)."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def counted(count: int, what: str) -> str:
    """`1 trial`, `1,200 trials`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def figure(value: float) -> str:
    """A measure to four places; "unknown" where these texts cannot tell it."""
    return f"{value:.4f}" if value is not None and math.isfinite(value) else "unknown"


def lacking_in(run, part: str) -> list[str]:
    """The sentence on the classes that a part of the data lacks, where it lacks any.

    Args:
        run: a `Run`.
        part: "test" or "validation".
    """
    absent = (run.outcome.get("lacking") or {}).get(part)
    return [lacks(part, absent, len(run.plan.classes))] if absent else []


def members(ids) -> str:
    """The parts of an average in words: `trial 0001, trial 0004 and the linear model`."""
    named = ["the linear model" if each == LINEAR_NAME else f"trial {each}" for each in ids]
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def model_of(ids) -> str:
    """What is exported in words: `trial 0001`, `an average of trial 0001 and trial 0004`."""
    return members(ids) if len(ids) == 1 else f"an average of {members(ids)}"


def given_by_rung(record) -> str:
    """What a rung put in the place of a trial's values: `text_limit=43`; "" without rungs."""
    return ", ".join(f"{name}={round(value, 3)}" for name, value in record.used.items())


def as_script(value) -> Markup:
    """JSON that may stand in a script element: it can neither end it nor begin another."""
    text = json.dumps(plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)
