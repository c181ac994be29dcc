"""Writes a comparison of new texts as one HTML page, with a figure for each measurement."""

from pathlib import Path

from attn_tuner.drift.drift_check import DriftCheck
from attn_tuner.drift.figures import drift_figure
from attn_tuner.reporting.page import render_page
from attn_tuner.storage.atomic_files import write_whole


def write_page(found: DriftCheck, title: str, out: str | Path) -> Path:
    """Writes the page, and returns its path.

    Args:
        found: the comparison.
        title: str, name of the data of the search.
        out: path of the file.
    """
    out = Path(out)
    figures = [
        drift_figure(each, compared)
        for each, compared in zip(found.distributions, found.comparisons, strict=True)
    ]
    facts = {"title": title, "lines": found.summary().splitlines(), "off": found.off}
    html = render_page("drift.html.j2", {"drift": figures}, facts)
    data = html.encode("utf-8", errors="replace")  # A lone surrogate has no UTF-8.
    write_whole(out, lambda path: path.write_bytes(data))
    return out
