"""Holds one figure of a report: a Plotly specification, a caption, and a table of the same data.

Labels made of class names and values are escaped, because Plotly reads some HTML in its labels. The
colours suit light and dark pages; text and grid lines take theirs from the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

BLUE, ORANGE, GREEN, GREY = "#3b82f6", "#d97706", "#16a34a", "#7c8594"
SERIES = (BLUE, ORANGE, GREEN, "#8b5cf6", "#db2777", "#0d9488")


@dataclass(frozen=True)
class Figure:
    """A figure with the table behind it.

    Args:
        name: str, an id that is unique on the page.
        title: str, shown above the figure.
        caption: str, one sentence on how to read it.
        plot: dict with Plotly's `data` and `layout`.
        headers, rows: the table; cells are strings and numbers.
        wide: bool, True for a figure that scrolls sideways on a phone.
    """

    name: str
    title: str
    caption: str
    plot: dict = field(hash=False)
    headers: tuple[str, ...]
    rows: tuple[tuple, ...]
    wide: bool = False


def plotly_label(text: object) -> str:
    """Escapes a label for Plotly and shortens it to 40 characters."""
    text = " ".join(str(text).split())
    return escape(text if len(text) <= 40 else text[:39] + "…")


def plotly_spec(
    data: list[dict],
    x: str | None = None,
    y: str | None = None,
    *,
    xaxis: Mapping | None = None,
    yaxis: Mapping | None = None,
    height: int = 360,
    **layout: Any,
) -> dict:
    """Puts traces and axes together as a Plotly specification.

    Args:
        data: Plotly traces.
        x, y: titles of the axes.
        xaxis, yaxis: further settings of the axes.
        height: int, pixels.
        layout: further settings of the layout.
    """

    def axis(title: str | None, given: Mapping | None) -> dict:
        named = {"title": {"text": plotly_label(title)}} if title else {}
        return {"automargin": True, **named, **(given or {})}

    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return {
        "data": data,
        "layout": {
            "height": height,
            "margin": {"l": 8, "r": 12, "t": 24, "b": 8},
            "xaxis": axis(x, xaxis),
            "yaxis": axis(y, yaxis),
            "legend": legend,
            "hovermode": "closest",
            **layout,
        },
    }


def error_bars(values: Sequence[float], ends: Sequence[tuple[float | None, float | None]]) -> dict:
    """Makes Plotly's error bars; invisible where an interval is unknown.

    Args:
        values: the points.
        ends: (low, high) of the interval of each.
    """
    known = [(low, high) for low, high in ends if low is not None and high is not None]
    if len(known) < len(ends):
        return {"visible": False}
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, (_, high) in zip(values, known, strict=True)],
        "arrayminus": [value - low for value, (low, _) in zip(values, known, strict=True)],
        "thickness": 1.5,
    }
