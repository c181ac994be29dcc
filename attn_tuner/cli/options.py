"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a search.")]
Texts = Annotated[
    list[str] | None,
    typer.Argument(
        help="Texts, or one file of them (.txt or a table). Standard input if none is given. "
        "Of a search over series one file: .ts, .npy, .csv, .parquet."
    ),
]
TextColumn = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        help="Column of the texts in a table; several are joined. Default: as in the search.",
    ),
]
Trust = Annotated[
    list[str] | None,
    typer.Option(metavar="MODULE", help="Python module whose layers the model may contain."),
]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="Print details of each trial, the leaderboard, and how the model was chosen.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]
