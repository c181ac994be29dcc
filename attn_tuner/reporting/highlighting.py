"""Highlights texts in few bytes, as a report holds dozens of them."""

from markupsafe import Markup, escape

from attn_tuner.explaining import Explanation

LEVELS = 9
MAX_UNREAD_CHARACTERS = 240  # Longer stretches between tokens are shown without their middle.
MAX_CHARACTERS = 6_000  # Shown of one text.


def marked_text(explanation: Explanation) -> Markup:
    """Marks each token by its attention in nine levels, `<mark class=w9>` for the greatest."""
    attention = explanation.attention
    top = max([0.0, *map(float, attention)])
    parts, length = [], 0
    for segment, weight in explanation.segments(attention):
        if length > MAX_CHARACTERS:
            parts.append("…")
            break
        shown = segment if weight is not None else _shortened(segment)
        level = round(LEVELS * weight / top) if weight and top > 0 else 0
        parts.append(f"<mark class=w{level}>{escape(shown)}</mark>" if level else escape(shown))
        length += len(shown)
    return Markup("".join(map(str, parts)))


def _shortened(segment: str) -> str:
    if len(segment) <= MAX_UNREAD_CHARACTERS:
        return segment
    left = len(segment) - 160
    return f"{segment[:80]} […{left:,} characters not read…] {segment[-80:]}"
