"""Renders explanations: HTML for notebooks and pages, colours for terminals."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Protocol

import numpy as np
from rich.console import Group
from rich.style import Style
from rich.text import Text

from attn_tuner.system.terminal import escape_controls, to_single_line

Weights = Sequence[float] | np.ndarray

# Amber over any background: at this strength both black and white letters keep a contrast of 4.5.
_AMBER, _STRONGEST = "255, 170, 0", 0.5


class WeightedText(Protocol):
    """What can be rendered: a prediction and its text cut into weighted segments.

    `Explanation` is one; see there for the attributes.
    """

    @property
    def label(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def attention(self) -> np.ndarray: ...
    @property
    def rows(self) -> tuple[str, ...]: ...
    @property
    def weights(self) -> np.ndarray: ...
    @property
    def left_out(self) -> int: ...

    def most_attended(self, count: int = 5) -> list[tuple[str, float]]: ...

    def segments(self, weights: Weights | None = None) -> Iterator[tuple[str, float | None]]: ...


def relative_weights(weights: Weights) -> np.ndarray:
    """Divides weights by the greatest, for shading; zeros stay zeros.

    Args:
        weights: `(tokens,)` float.
    """
    weights = np.asarray(weights, "float64")
    top = weights.max(initial=0.0)
    return weights / top if top > 0 else np.zeros_like(weights)


def marked_html(explanation: WeightedText, weights: Weights | None = None) -> str:
    """Escapes the text and shades every token by its weight, in a `<mark>`.

    Args:
        explanation: the text.
        weights: `(tokens,)` float; if not given, the attention.
    """
    weights = explanation.attention if weights is None else weights
    top = max([0.0, *map(float, weights)])
    return "".join(_mark(segment, weight, top) for segment, weight in explanation.segments(weights))


def to_html(explanation: WeightedText) -> str:
    """Renders a self-contained fragment: the prediction, the shaded text, a line for each hop.

    Labels and text are escaped, so nothing in them runs.
    """
    said = f"{escape(explanation.label)} <small>{explanation.probability:.1%}</small>"
    parts = [f"<p style='margin:.2em 0'><strong>{said}</strong></p>", _line(explanation)]
    if len(explanation.rows) > 1:
        rows = "".join(
            f"<p style='margin:.5em 0 0'><small>{escape(name)}</small></p>"
            f"{_line(explanation, weights)}"
            for name, weights in zip(explanation.rows, explanation.weights, strict=True)
        )
        parts.append(f"<details><summary>attention of each head and hop</summary>{rows}</details>")
    if explanation.left_out:
        parts.append(f"<p><small>{_left_out(explanation)}</small></p>")
    return f"<div class='attn-explanation'>{''.join(parts)}</div>"


def to_rich(explanation: WeightedText) -> Group:
    """Renders the same for a terminal; control characters and markup in the text do nothing."""
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


def _line(explanation: WeightedText, weights: Weights | None = None) -> str:
    style = "margin:.2em 0;line-height:1.7;white-space:pre-wrap;overflow-wrap:anywhere"
    return f"<p style='{style}'>{marked_html(explanation, weights)}</p>"


def _mark(segment: str, weight: float | None, top: float) -> str:
    if not weight or top <= 0 or weight / top < 0.02:
        return escape(segment)
    shade = f"rgba({_AMBER}, {_STRONGEST * weight / top:.2f})"
    style = f"color:inherit;background:{shade};border-radius:.2em"
    return f"<mark title='{weight:.1%}' style='{style}'>{escape(segment)}</mark>"


def _shaded(explanation: WeightedText, weights: Weights) -> Text:
    line = Text()
    top = max([0.0, *map(float, weights)])
    for segment, weight in explanation.segments(weights):
        line.append(escape_controls(segment), _shade(weight / top) if weight and top > 0 else None)
    return line


def _shade(strength: float) -> Style | None:
    if strength < 0.02:
        return None
    level = 1 - strength
    background = f"rgb({255},{int(170 + 75 * level)},{int(220 * level)})"
    return Style.parse(f"black on {background}")


def _left_out(explanation: WeightedText) -> str:
    count = explanation.left_out
    return f"{count:,} token{'s' if count > 1 else ''} beyond the length limit were not read."
