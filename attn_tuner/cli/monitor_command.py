"""The command `attn-tuner monitor`: its options, and what it prints."""

from pathlib import Path
from typing import Annotated

import typer

from attn_tuner.cli.options import AsJson, RunFolder, TextColumn, Texts, Trust
from attn_tuner.cli.run_folder import given_texts, load_result, require_labelled_texts
from attn_tuner.cli.signals import handles_signals
from attn_tuner.system.terminal import escape_controls, print_json

DIFFERENT = 2  # Exit status where new texts differ; a wrong command line has it too.


@handles_signals
def monitor(
    run: RunFolder,
    texts: Texts = None,
    text: TextColumn = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="HTML page with a figure for each measure.")
    ] = None,
    as_json: AsJson = False,
    trust: Trust = None,
) -> None:
    """Compare new texts with the validation texts of RUN; exit status 2 where they differ."""
    require_labelled_texts(run, "monitor")
    result = load_result(run, trust)
    from attn_tuner.drift.monitor import monitor_texts

    found = monitor_texts(
        result.run, result.bundle, given_texts(texts, text, "monitor", result.run)
    )
    if out is not None:
        from attn_tuner.drift.page import write_page

        write_page(found, result.run.plan.source, out)
    if as_json:
        print_json(found.as_dict())
    else:
        print(escape_controls(found.summary()))
    if found.off:
        raise typer.Exit(DIFFERENT)
