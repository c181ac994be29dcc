"""The command `attn-tuner distil`: its options, and what it prints."""

from pathlib import Path
from typing import Annotated

import typer

from attn_tuner.settings.command_options import one_or_several
from attn_tuner.system.terminal import escape_controls
from attn_tuner.verbosity import silence


def distil_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a search.")],
    unlabelled: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Texts without labels, beside those of the search: .txt or a table.",
        ),
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="Column of these texts; several are joined.")
    ] = None,
    trial: Annotated[
        str | None, typer.Option(help="ID of the trial to train. Default: the best.")
    ] = None,
    max_size_mb: Annotated[
        float | None, typer.Option(help="Megabytes of the export at most; embeddings are shrunk.")
    ] = None,
    max_time: Annotated[
        str | None,
        typer.Option(help="Time limit, such as 60s or 5m. Default: half of the search's."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="New folder. Default: RUN/distilled/1 and so on."),
    ] = None,
) -> None:
    """Train one trial of RUN on with the answers of its average, into a run folder of its own."""
    with silence(stderr=True):  # TensorFlow's libraries write warnings before any can be set.
        from attn_tuner.distilling.distil import distil
    options = {"text": one_or_several(text), "trial": trial}
    options |= {"max_size_mb": max_size_mb, "max_time": max_time}
    found = distil(run, unlabelled=unlabelled, out=out, **options)
    print(escape_controls(found.summary()))
