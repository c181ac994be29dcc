"""Highlighted texts in few bytes: a report holds dozens of them."""

from markupsafe import Markup, escape

from attn_tuner.explaining import Explanation
from attn_tuner.explaining.rendering import pieces

LEVELS = 9
UNREAD = 240  # Characters of a stretch that the model did not read from which its middle is cut.
LONGEST = 6_000  # Characters shown of one text at most.


def marked_text(explanation: Explanation) -> Markup:
    """The text, escaped, with its tokens in marks of nine strengths, `<mark class=w9>` the most."""
    attention = explanation.attention
    top = max([0.0, *map(float, attention)])
    parts, length = [], 0
    for piece, weight in pieces(explanation, attention):
        if length > LONGEST:
            parts.append("…")
            break
        shown = piece if weight is not None else _shortened(piece)
        level = round(LEVELS * weight / top) if weight and top > 0 else 0
        parts.append(f"<mark class=w{level}>{escape(shown)}</mark>" if level else escape(shown))
        length += len(shown)
    return Markup("".join(map(str, parts)))


def _shortened(piece: str) -> str:
    if len(piece) <= UNREAD:
        return piece
    left = len(piece) - 160
    return f"{piece[:80]} […{left:,} characters not read…] {piece[-80:]}"
