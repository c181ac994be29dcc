"""The command `attn-tuner suggest`: its options, and what it prints."""

from pathlib import Path
from typing import Annotated

import typer

from attn_tuner.cli.options import AsJson, RunFolder, TextColumn, Texts, Trust
from attn_tuner.cli.run_folder import given_texts, load_result, require_labelled_texts
from attn_tuner.cli.signals import handles_signals
from attn_tuner.system.terminal import escape_controls, print_json


@handles_signals
def suggest(
    run: RunFolder,
    texts: Texts = None,
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Number of texts.")] = 50,
    text: TextColumn = None,
    out: Annotated[
        Path | None,
        typer.Option(help="New .csv file for the texts, with an empty column for their labels."),
    ] = None,
    as_json: AsJson = False,
    trust: Trust = None,
) -> None:
    """Suggest which texts to label next, to improve the model of RUN."""
    from attn_tuner.labelling.suggestions import check_label_path

    if out is not None:
        check_label_path(out)
    require_labelled_texts(run, "suggest")
    result = load_result(run, trust)
    from attn_tuner.labelling.suggest import suggest_among

    found = suggest_among(result, given_texts(texts, text, "suggest", result.run), n)
    if out is not None:
        found.write(out)
        return print(escape_controls(f"{len(found):,} texts to label were written to {out}."))
    if not as_json:
        return print(escape_controls(found.summary(n)))
    for row in found.as_rows():
        print_json(row)
