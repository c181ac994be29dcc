"""The command `attn-tuner report`: its options, and what it prints."""

from pathlib import Path
from typing import Annotated

import typer

from attn_tuner.cli.options import RunFolder, Trust
from attn_tuner.cli.run_folder import load_result
from attn_tuner.cli.signals import handles_signals
from attn_tuner.system.terminal import escape_controls


@handles_signals
def report(
    run: RunFolder,
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: RUN/report.html.")
    ] = None,
    slices: Annotated[
        list[str] | None,
        typer.Option(
            "--slice",
            metavar="COLUMN",
            help="Column of the table of the search: its values are among the groups of texts that "
            "are searched for errors.",
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(help="Table with the same texts and these columns, in the place of that."),
    ] = None,
    trust: Trust = None,
) -> None:
    """Write a report of the search as one HTML file."""
    result = load_result(run, trust)
    if not slices:
        return print(escape_controls(result.report(out)))
    print(escape_controls(result.report(out, slices=slices, table=table)))
