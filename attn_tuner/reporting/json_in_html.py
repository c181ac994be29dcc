"""Makes values JSON, and JSON safe inside a page of HTML."""

import json
import math
from typing import Any

from markupsafe import Markup


def to_json_value(value: Any) -> Any:
    """Replaces what JSON lacks: numpy numbers, tuples, NaN and infinities (None).

    Args:
        value: dicts, lists, tuples, strings and numbers, nested to any depth.
    """
    if isinstance(value, dict):
        return {str(key): to_json_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_json_value(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def script_json(value: Any) -> Markup:
    """Writes JSON for a `<script>` element, which it can neither end nor begin.

    Args:
        value: as for `to_json_value`.
    """
    text = json.dumps(
        to_json_value(value), ensure_ascii=True, allow_nan=False, separators=(",", ":")
    )
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)
