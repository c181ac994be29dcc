"""What every figure is made of: a Plotly specification, a sentence, and a table of the same facts.

Whatever comes from outside (class names, values) is escaped, because Plotly reads some HTML in its
labels. Colours do for light and dark pages; letters and grid lines take theirs from the page.
"""

from dataclasses import dataclass, field
from html import escape

BLUE, ORANGE, GREEN, GREY = "#3b82f6", "#d97706", "#16a34a", "#7c8594"
SERIES = (BLUE, ORANGE, GREEN, "#8b5cf6", "#db2777", "#0d9488")


@dataclass(frozen=True)
class Figure:
    """A figure with the table behind it.

    Args:
        name: for the page, unique on it.
        title: what it shows.
        says: what is to be seen, in a sentence.
        plot: Plotly's `data` and `layout`.
        headers, rows: the table; its cells are strings and numbers.
        wide: True where it needs more room than a phone has, and is to be scrolled.
    """

    name: str
    title: str
    says: str
    plot: dict = field(hash=False)
    headers: tuple[str, ...]
    rows: tuple[tuple, ...]
    wide: bool = False


def shown(text) -> str:
    """A label that Plotly shows as it stands, tags and all; long ones are cut."""
    text = " ".join(str(text).split())
    return escape(text if len(text) <= 40 else text[:39] + "…")


def plot(data, x=None, y=None, *, xaxis=(), yaxis=(), height=360, **layout) -> dict:
    def axis(title, given):
        named = {"title": {"text": shown(title)}} if title else {}
        return {"automargin": True, **named, **dict(given)}

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


def error_bars(values, ends) -> dict:
    """Plotly's error bars from the ends of intervals."""
    if any(low is None for low, _ in ends):
        return {"visible": False}
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, (_, high) in zip(values, ends, strict=True)],
        "arrayminus": [value - low for value, (low, _) in zip(values, ends, strict=True)],
        "thickness": 1.5,
    }
