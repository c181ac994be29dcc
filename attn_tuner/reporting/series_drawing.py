"""Draws a series with the attention on its steps: an inline SVG, and the same in a table."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from markupsafe import Markup, escape

WIDTH, BAND, GAP = 720, 64, 10  # Units of the drawing: its width, a feature's height, between two.
MOST_FEATURES = 4
MOST_POINTS = 600  # Of a longer series every n-th step is drawn.
LEVELS = 9
PARTS = 10  # Rows of the table.


def series_svg(
    series: np.ndarray, weights: np.ndarray, features: Sequence[str], name: str
) -> Markup:
    """Draws each feature as a line, before bars whose strength is the attention of a step.

    Args:
        series: `(steps, features)`, NaN where a value is missing: there the line is broken.
        weights: `(steps,)`, or none.
        features: names of the features; the first few are drawn.
        name: str, what a screen reader says; the table has the numbers.
    """
    shown = range(min(len(features), MOST_FEATURES))
    height = len(shown) * (BAND + GAP)
    parts = [
        f'<svg class="series" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(name)}">'
    ]
    unit = WIDTH / len(series)
    for begin, end, level in _levels(weights):
        parts.append(
            f'<rect class="attended" x="{begin * unit:.1f}" y="0" '
            f'width="{(end - begin) * unit:.1f}" height="{height}" '
            f'opacity="{0.5 * level / LEVELS:.2f}"/>'
        )
    for row in shown:
        top = row * (BAND + GAP)
        parts += [
            f'<polyline points="{points}"/>' for points in _lines(series[:, row], top + GAP, unit)
        ]
        parts.append(f'<text x="2" y="{top + GAP}">{escape(features[row])}</text>')
    return Markup("".join(parts) + "</svg>")


def series_rows(series: np.ndarray, weights: np.ndarray) -> list[tuple]:
    """Sums up a series in up to ten parts of equal length, for a table.

    Returns:
        For each part its steps, from 1, its share of the attention in percent, and the mean of each
        feature that is drawn; None where there is none.
    """
    edges = np.unique(np.linspace(0, len(series), PARTS + 1).round().astype(int))
    total = float(weights.sum()) if len(weights) else 0.0
    rows = []
    for begin, end in pairwise(edges):
        share = 100 * float(weights[begin:end].sum()) / total if total > 0 else None
        attention = "–" if share is None else f"{share:.0f} %"
        means = [_mean(column) for column in series[begin:end, :MOST_FEATURES].T]
        rows.append((f"{begin + 1} to {end}", attention, *means))
    return rows


def _mean(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _levels(weights: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yields first step, step behind the last, and level above 0 of stretches of one level."""
    top = float(weights.max()) if len(weights) else 0.0
    if top <= 0:
        return
    levels = np.round(LEVELS * weights / top).astype(int)
    edges = [0, *(np.flatnonzero(np.diff(levels)) + 1).tolist(), len(levels)]
    for begin, end in pairwise(edges):
        if levels[begin]:
            yield begin, end, int(levels[begin])


def _lines(values: np.ndarray, top: float, unit: float) -> Iterator[str]:
    """Yields the points of each stretch without a missing value."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return
    low, high = float(values[known].min()), float(values[known].max())
    scale = (BAND - GAP) / (high - low) if high > low else 0.0
    step = max(1, len(values) // MOST_POINTS)
    known = known[::step]
    for stretch in np.split(known, np.flatnonzero(np.diff(known) > step) + 1):
        places = [
            f"{(place + 0.5) * unit:.1f},{top + BAND - GAP - (values[place] - low) * scale:.1f}"
            for place in stretch
        ]
        yield " ".join(places if len(places) > 1 else places * 2)  # A point is a line too.
