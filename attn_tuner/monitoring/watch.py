"""Shows a search on the terminal by reading its run folder, also from another machine."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from attn_tuner.monitoring.status import search_status
from attn_tuner.system.terminal import escape_controls, to_single_line
from attn_tuner.tuning.duration import format_duration

BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-:=+*#"


def watch(
    directory: str | Path,
    *,
    interval: float = 1.0,
    console: Console | None = None,
    keep_watching: Callable[[], bool] = lambda: True,
) -> None:
    """Shows a search until it has ended, or until Ctrl-C.

    Args:
        directory: the run folder.
        interval: float, seconds between two reads.
        console: a rich console; standard output if not given. Off a terminal, a line is printed
            for each trial that ends.
        keep_watching: called after every read; False stops.

    Raises:
        RunError: `directory` is not a run folder.
    """
    console = console or Console()
    facts = search_status(directory)
    if facts["finished"] or not console.is_terminal:
        return _print_changes(directory, facts, interval, console, keep_watching)
    try:
        with Live(_shown(facts, console), console=console, auto_refresh=False) as live:
            while not facts["finished"] and keep_watching():
                time.sleep(interval)
                facts = search_status(directory)
                live.update(_shown(facts, console), refresh=True)
    except KeyboardInterrupt:
        pass  # Only the display ends; the search goes on.


def panel(facts: dict, ascii_only: bool = False) -> Group:
    """Lays out the state of a search for rich.

    Args:
        facts: from `search_status`.
        ascii_only: bool, whether the terminal knows ASCII alone.
    """
    head = Table.grid(padding=(0, 2))
    best = "none yet" if facts["best"] is None else f"{facts['best']:.4f} (trial {facts['winner']})"
    limit = f" of {format_duration(facts['allowed'])}" if facts["allowed"] else ""
    state = "ended" if facts["finished"] else f"running {', '.join(facts['running']) or '...'}"
    head.add_row("data", _text(facts["source"]), "trials", _text(f"{facts['trials']}, {state}"))
    head.add_row("best", _text(best), "spent", f"{format_duration(facts['spent'])}{limit}")
    head.add_row(
        "over time", sparkline([row["best"] for row in facts["times"]], ascii_only=ascii_only)
    )
    table = Table()
    for name in ("trial", "model", facts["objective"], "seconds", "parameters", "status"):
        table.add_column(name, justify="left" if name in ("trial", "model", "status") else "right")
    for row in facts["rows"]:
        figures = f"{row['score']:.4f}", f"{row['seconds']:.1f}", f"{row['parameters']:,}"
        table.add_row(_text(row["trial"]), _text(row["model"]), *figures, _text(row["status"]))
    return Group(head, table, Text(escape_controls(facts["sentence"])))


def _shown(facts: dict, console: Console) -> Group:
    return panel(facts, console.options.ascii_only)


def _text(value: object) -> Text:
    """A word from the run folder, without the markup and the commands it may hold."""
    return Text(to_single_line(value))


def sparkline(values: Iterable[float | None], width: int = 40, ascii_only: bool = False) -> str:
    """Draws the last numbers as bars of characters.

    Args:
        values: numbers; None is left out.
        width: int, number of bars at most.
        ascii_only: bool, whether to use ASCII alone.
    """
    bars = ASCII_BARS if ascii_only else BARS
    values = [value for value in values if value is not None][-width:]
    low, high = min(values, default=0), max(values, default=0)
    if high == low:
        return bars[0] * len(values)
    return "".join(bars[round((value - low) / (high - low) * (len(bars) - 1))] for value in values)


def _print_changes(directory, facts, interval, console, keep_watching):
    """Prints the panel once, then a line for each trial that ends; for logs and pipes."""
    console.print(_shown(facts, console))
    seen = len(facts["times"])
    while not facts["finished"] and keep_watching():
        time.sleep(interval)
        facts = search_status(directory)
        for row in facts["times"][seen:]:
            score = f"{facts['objective']} {row['score']:.4f}, best {row['best']:.4f}"
            console.print(_text(f"trial {row['trial']}  {score}  {row['model']}"))
        seen = len(facts["times"])
