"""Shows a running search in a notebook, in one output that is updated."""

import importlib
from html import escape
from typing import Protocol

from attn_tuner.monitoring.trial_lines import TrialRow
from attn_tuner.storage.trial_text import plural
from attn_tuner.system.terminal import escape_controls

_CELL = "text-align:{side};padding:.1em .6em"


class Shown(Protocol):
    """What of a search is shown; `ProgressPanel` is one, see there for the attributes."""

    headlines: list[tuple[str, str]]
    said: list[str]
    rows: list[TrialRow]
    goal: str
    phase: str
    running: dict

    def remaining(self) -> str: ...
    def share_done(self) -> float: ...


class NotebookDisplay:
    """An output of a notebook's cell that can be replaced.

    Needs IPython, which runs the cell.
    """

    def __init__(self):
        notebook = importlib.import_module("IPython.display")
        self._html = notebook.HTML
        self._handle = notebook.display(self._html(""), display_id=True)

    def update(self, html: str) -> None:
        """Replaces what is shown."""
        self._handle.update(self._html(html))


def notebook_html(shown: Shown, ended: bool = False) -> str:
    """Renders a search for a notebook; data and names are escaped, so nothing in them runs.

    Once it has ended the trials are folded away: the result shows them in its leaderboard.

    Args:
        shown: the search.
        ended: bool, whether it has ended.
    """
    parts = [
        f"<div><strong>{_text(name)}</strong> {_text(line)}</div>" for name, line in shown.headlines
    ]
    parts += [f"<div>{_text(sentence)}</div>" for sentence in shown.said]
    table = _table(shown)
    if ended:
        count = plural(len(shown.rows), "trial")
        parts.append(f"<details><summary>{count}</summary>{table}</details>")
    else:
        running = [
            f"{name} {each.model}, epoch {each.done:.1f} of {each.epochs:g}"
            for name, each in shown.running.items()
        ]
        parts += [
            table,
            f"<div><progress max='1' value='{shown.share_done():.3f}'></progress> "
            f"{_text(shown.remaining())}</div>",
            *(f"<div><small>{_text(line)}</small></div>" for line in running or [shown.phase]),
        ]
    return f"<div class='attn-search'>{''.join(parts)}</div>"


def _table(shown: Shown) -> str:
    if not shown.rows:
        return ""
    heads = _row("th", ("trial", shown.goal, "", "time", "model"))
    rows = "".join(
        _row("td", (each.trial, each.score, each.mark, each.seconds, each.model), each.quiet)
        for each in shown.rows
    )
    return f"<table><thead>{heads}</thead><tbody>{rows}</tbody></table>"


def _row(tag: str, cells: tuple[str, ...], quiet: bool = False) -> str:
    sides = ("left", "right", "left", "right", "left")
    inside = "".join(
        f"<{tag} style='{_CELL.format(side=side)}'>{_text(cell)}</{tag}>"
        for side, cell in zip(sides, cells, strict=True)
    )
    return f"<tr{' style=opacity:.6' if quiet else ''}>{inside}</tr>"


def _text(value: str) -> str:
    return escape(escape_controls(value))
