"""The command `attn-tuner update`: its options, and what it prints."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from attn_tuner.errors import DataError
from attn_tuner.settings.command_options import one_or_several
from attn_tuner.settings.table import DATA
from attn_tuner.system.terminal import escape_controls
from attn_tuner.verbosity import silence

REFUSED = 2  # Exit status where the rows are refused, or the model that they make.


def update_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a search.")],
    data: Annotated[
        str, typer.Argument(metavar="DATA", help=f"Labelled rows, read as by a search. {DATA.help}")
    ],
    text: Annotated[
        list[str] | None,
        typer.Option(help="Column of the texts; several are joined. Default: as in the search."),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Column of the labels. Default: as in the search.")
    ] = None,
    allow_loss: Annotated[
        float,
        typer.Option(
            min=0,
            max=100,
            help="Points by which the accuracy among the classes of RUN may fall, on its "
            "validation texts.",
        ),
    ] = 0.5,
    allow_taken: Annotated[
        float,
        typer.Option(
            min=0,
            max=100,
            help="Percent of these texts that may be taken for a new class; of one class five "
            "times as many.",
        ),
    ] = 10.0,
    max_time: Annotated[
        str | None,
        typer.Option(
            help="Time limit, such as 60s or 5m. Default: the work of 18 % of the search's time, "
            "however busy the machine is."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="New folder. Default: RUN/updates/1 and so on."),
    ] = None,
) -> None:
    """Train the model of RUN on with new rows and classes, into a run folder of its own."""
    with silence(stderr=True):  # TensorFlow's libraries write warnings before any can be set.
        from attn_tuner.updating.update import update
    options = {"text": one_or_several(text), "label": label, "max_time": max_time}
    options |= {"allow_loss": allow_loss, "allow_taken": allow_taken}
    try:
        found = update(run, data, out=out, **options)
    except DataError as error:
        print(f"attn-tuner: {escape_controls(error)}", file=sys.stderr)
        raise typer.Exit(REFUSED) from error
    print(escape_controls(found.summary()))
