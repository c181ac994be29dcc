"""Writes the report of a search over pairs of texts: one HTML file without scripts."""

from pathlib import Path

import jinja2
import pandas as pd

from attn_tuner.errors import RunError
from attn_tuner.sequence_search.leaderboard import leaderboard
from attn_tuner.sequence_search.wording import metrics_line, outcome_rows
from attn_tuner.settings.repeat import command
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.layout import REPORT
from attn_tuner.storage.run import Run


def write_report(run: Run, out: str | Path | None = None) -> Path:
    """Writes the report, and returns its path.

    Args:
        run: of a search over pairs that has ended.
        out: path of the file; `report.html` in the run folder if not given.

    Raises:
        RunError: the search has not ended.
    """
    html = report_html(run)
    out = Path(out) if out is not None else run.directory / REPORT
    out.parent.mkdir(parents=True, exist_ok=True)
    data = html.encode("utf-8", errors="replace")  # A lone surrogate has no UTF-8.
    write_whole(out, lambda path: path.write_bytes(data))
    return out


def report_html(run: Run) -> str:
    """Returns the report, a page of HTML.

    Raises:
        RunError: the search has not ended.
    """
    if not run.outcome:
        raise RunError(f"The search in {run.directory} has not ended yet. Continue it first.")
    loader = jinja2.PackageLoader("attn_tuner.reporting")
    environment = jinja2.Environment(loader=loader, autoescape=True)
    return environment.get_template("sequence.html.j2").render(facts(run))


def facts(run: Run) -> dict:
    """Collects what the report shows."""
    table = leaderboard(run)
    names = list(run.outcome["by_length"][0]["metrics"])
    lengths = [
        {**row, "cells": [metrics_line(row["metrics"][name]) for name in names]}
        for row in run.outcome["by_length"]
    ]
    return {
        "title": run.plan.source,
        "rows": outcome_rows(run),
        "columns": list(table.columns),
        "leaderboard": [[_cell(each) for each in row] for row in table.to_numpy(object)],
        "lengths": {"columns": names, "rows": lengths},
        "examples": [_example(each) for each in run.outcome["examples"]],
        "command": command(run.plan.asked, run.directory),
    }


def _example(example: dict) -> dict:
    found = example["alignment"]
    return {
        **example,
        **found,
        "rows": list(zip(found["target_tokens"], found["weights"], strict=True)),
    }


def _cell(value: object) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
