"""Facts as JSON can hold them, JSON that a page can hold, and counts in words."""

import json
import math

from markupsafe import Markup

from attn_tuner.text.dataset_notes import missing_class_note


def plain(value):
    """The value without what JSON lacks: numpy's numbers, tuples, NaN and infinities (None)."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
    return [missing_class_note(part, absent, len(run.plan.classes))] if absent else []


def as_script(value) -> Markup:
    """JSON that may stand in a script element: it can neither end it nor begin another."""
    text = json.dumps(plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)
