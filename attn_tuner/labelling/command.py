"""The command `attn-tuner learning-curve`: its options, and what it prints."""

from pathlib import Path
from typing import Annotated, Any

import typer

from attn_tuner.checking.command import READING
from attn_tuner.settings.command_options import (
    REQUIRED,
    data_argument,
    option_of,
    with_options,
)
from attn_tuner.settings.table import BY_NAME, DATA
from attn_tuner.system.terminal import escape_controls, print_json
from attn_tuner.verbosity import silence


def _learning_curve(*, more: int | None, show: int, as_json: bool, **options: Any) -> None:
    """Estimate from DATA what more labelled texts would gain."""
    given = {name: value for name, value in options.items() if value not in (None, [])}
    with silence(stderr=True):
        from attn_tuner.labelling.learning_curve import learning_curve
    curve = learning_curve(given.pop(DATA.name), **given)
    if as_json:
        for row in curve.as_rows(more):
            print_json(row)
    else:
        print(escape_controls(curve.summary(more, show)))


learning_curve_command = with_options(
    _learning_curve,
    {
        DATA.name: data_argument(str),
        "more": Annotated[
            int | None,
            typer.Option(
                min=1,
                help="Further labelled texts. Default: three round numbers, up to as many as "
                "there are.",
            ),
        ],
        "run": Annotated[
            Path | None,
            typer.Option(
                metavar="RUN",
                help="The folder of a search: what another hour of it would gain is said too.",
            ),
        ],
        **{name: option_of(BY_NAME[name]) for name in (*READING, "seed") if name != "time"},
        "show": Annotated[int, typer.Option(min=0, help="Classes to print at most.")],
        "as_json": Annotated[
            bool, typer.Option("--json", help="Print one JSON object per line, for every estimate.")
        ],
    },
    {DATA.name: REQUIRED, "show": 10, "as_json": False},
)
