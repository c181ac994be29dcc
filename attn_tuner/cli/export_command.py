"""The command `attn-tuner export`: its options, and what it prints."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from attn_tuner.cli.options import RunFolder, Trust
from attn_tuner.cli.run_folder import is_of_pairs, load_result
from attn_tuner.cli.signals import handles_signals
from attn_tuner.system.terminal import escape_controls

LEARNT = (
    "The model was trained again on the validation {}, so only the difference of the two "
    "accuracies counts; accuracies on held-out data are in the report."
)
WIDTH = 200  # Of a table where no terminal says how wide it may be.


@handles_signals
def export(
    run: RunFolder,
    path: Annotated[Path, typer.Argument(help="The folder to write.")],
    format: Annotated[
        str,
        typer.Option(help="savedmodel, keras, onnx, litert; attn-tuner list exporters has all."),
    ] = "savedmodel",
    max_size_mb: Annotated[
        float | None, typer.Option(help="Megabytes of the files at most.")
    ] = None,
    trust: Trust = None,
) -> None:
    """Export the model of RUN in one or several formats, each checked against the model."""
    from attn_tuner.exporting.artefact_folder import check_targets

    formats = [name.strip() for name in format.split(",") if name.strip()]
    check_targets(path, formats)
    options = {} if max_size_mb is None else {"max_size_mb": max_size_mb}
    if is_of_pairs(run):
        from attn_tuner.sequence_search.command import export_pairs

        return export_pairs(run, path, formats, max_size_mb)
    result = load_result(run, trust)
    written = result.export(path, formats=formats, **options)
    _print_table(
        {
            "format": done.format,
            "path": done.path,
            "MB": f"{done.megabytes:.2f}",
            "greatest difference": f"{done.proof.difference:.1e}",
            "same label": f"{done.proof.same_labels:.1%}",
            "accuracy": _before_and_after(done.proof.accuracy),
        }
        for done in written
    )
    proof = written[0].proof
    print(f"Compared with the model in this process on {proof.texts} {proof.noun}.")
    if result.run.outcome.get("refit") and any(done.proof.accuracy for done in written):
        print(LEARNT.format(proof.noun))
    for note in dict.fromkeys(note for done in written for note in done.notes):
        print(escape_controls(note))


def _print_table(rows: Iterable[Mapping[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(Text(escape_controls(value)) for value in row.values()))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)


def _before_and_after(accuracy: tuple[float, float] | None) -> str:
    return "" if accuracy is None else "{:.4f} -> {:.4f}".format(*accuracy)
