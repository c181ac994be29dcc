"""An explanation for the eye: HTML for notebooks and pages, colours for terminals."""

from collections.abc import Iterator
from html import escape

import numpy as np
from rich.console import Group
from rich.style import Style
from rich.text import Text

from attn_tuner.explaining.explanation import Explanation
from attn_tuner.system.terminal import escape_controls, to_single_line

# Amber over any background: at this strength both black and white letters keep a contrast of 4.5.
_AMBER, _STRONGEST = "255, 170, 0", 0.5


def pieces(explanation: Explanation, weights=None) -> Iterator[tuple[str, float | None]]:
    """The text from start to end in pieces, `(piece, weight)`; None for what is no token's.

    The pieces put together are the text. Where the vectorizer gives no places the pieces are the
    tokens, a space between them.

    Args:
        explanation: what to cut up.
        weights: `(tokens,)`; the mean attention where not given.
    """
    weights = explanation.attention if weights is None else weights
    if any(start < 0 for start, _ in explanation.spans):
        for token, weight in zip(explanation.tokens, weights, strict=True):
            yield token, float(weight)
            yield " ", None
        return
    text, at = explanation.text, 0
    for (start, end), weight in zip(explanation.spans, weights, strict=True):
        if start < at or end <= start:
            continue  # A character that became several tokens is shown with the first.
        if start > at:
            yield text[at:start], None
        yield text[start:end], float(weight)
        at = end
    if at < len(text):
        yield text[at:], None


def strengths(weights) -> np.ndarray:
    """Weights as shares of the greatest, for shading; zeros stay zeros."""
    weights = np.asarray(weights, "float64")
    top = weights.max(initial=0.0)
    return weights / top if top > 0 else np.zeros_like(weights)


def marked(explanation: Explanation, weights=None) -> str:
    """The escaped text with every token of weight in a `<mark>` shaded by it."""
    weights = explanation.attention if weights is None else weights
    top = max([0.0, *map(float, weights)])
    return "".join(_mark(piece, weight, top) for piece, weight in pieces(explanation, weights))


def to_html(explanation: Explanation) -> str:
    """A self-contained fragment: the answer, the text shaded by attention, a row per hop.

    Everything that came from outside is escaped, so a text is shown and never run.
    """
    said = f"{escape(explanation.label)} <small>{explanation.probability:.1%}</small>"
    parts = [f"<p style='margin:.2em 0'><strong>{said}</strong></p>", _line(explanation)]
    if len(explanation.rows) > 1:
        rows = "".join(
            f"<p style='margin:.5em 0 0'><small>{escape(name)}</small></p>"
            f"{_line(explanation, weights)}"
            for name, weights in zip(explanation.rows, explanation.weights, strict=True)
        )
        parts.append(f"<details><summary>each row of attention</summary>{rows}</details>")
    if explanation.left_out:
        parts.append(f"<p><small>{_left_out(explanation)}</small></p>")
    return f"<div class='attn-explanation'>{''.join(parts)}</div>"


def to_rich(explanation: Explanation) -> Group:
    """The same for a terminal; the text cannot switch colours or smuggle in markup."""
    head = Text()
    head.append(to_single_line(explanation.label), Style(bold=True))
    head.append(f"  {explanation.probability:.1%}")
    lines = [head, _shaded(explanation, explanation.attention)]
    if len(explanation.rows) > 1:
        for name, weights in zip(explanation.rows, explanation.weights, strict=True):
            lines += [
                Text(f"{to_single_line(name)}:", Style(dim=True)),
                _shaded(explanation, weights),
            ]
    words = ", ".join(f"{word} {weight:.0%}" for word, weight in explanation.most_attended())
    lines.append(Text(f"most attended: {escape_controls(words)}", Style(dim=True)))
    if explanation.left_out:
        lines.append(Text(_left_out(explanation), Style(dim=True)))
    return Group(*lines)


def _line(explanation, weights=None):
    style = "margin:.2em 0;line-height:1.7;white-space:pre-wrap;overflow-wrap:anywhere"
    return f"<p style='{style}'>{marked(explanation, weights)}</p>"


def _mark(piece, weight, top):
    if not weight or top <= 0 or weight / top < 0.02:
        return escape(piece)
    shade = f"rgba({_AMBER}, {_STRONGEST * weight / top:.2f})"
    style = f"color:inherit;background:{shade};border-radius:.2em"
    return f"<mark title='{weight:.1%}' style='{style}'>{escape(piece)}</mark>"


def _shaded(explanation, weights):
    line = Text()
    top = max([0.0, *map(float, weights)])
    for piece, weight in pieces(explanation, weights):
        line.append(escape_controls(piece), _shade(weight / top) if weight and top > 0 else None)
    return line


def _shade(strength):
    if strength < 0.02:
        return None
    level = 1 - strength
    background = f"rgb({255},{int(170 + 75 * level)},{int(220 * level)})"
    return Style.parse(f"black on {background}")


def _left_out(explanation):
    count = explanation.left_out
    return f"{count:,} token{'s' if count > 1 else ''} beyond the text limit were not read."
