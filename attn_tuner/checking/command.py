"""The command `attn-tuner check`: its options, and what it prints."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from attn_tuner.settings.command_options import (
    REQUIRED,
    data_argument,
    option_of,
    with_options,
)
from attn_tuner.settings.table import BY_NAME, DATA
from attn_tuner.system.terminal import escape_controls, print_json
from attn_tuner.verbosity import silence

# What says how data are read and divided; a search takes the same.
READING = ("text", "label", "group", "time", "validation", "test", "min_per_class") + (
    "rare_classes",
    "corrections",
    "encoding",
    "header",
)

_TODO = "Write the right ones into its column 'correct', and give it to a search as --corrections."


def _check(*, fix: Path | None, price: bool, show: int, as_json: bool, **options: Any) -> None:
    """Check the labels and texts of DATA before a search: what is probably wrong with them."""
    given = {name: value for name, value in options.items() if value not in (None, [])}
    with silence(stderr=True):
        from attn_tuner.checking.check import check
        from attn_tuner.checking.correction_table import check_table_path
    if fix is not None:
        check_table_path(fix)
    found = check(given.pop(DATA.name), price=price, **given)
    if as_json:
        for row in found.as_rows():
            print_json(row)
    else:
        print(escape_controls(found.summary(show)))
    if fix is not None:
        found.write_corrections(fix)
        print(
            escape_controls(f"{len(found.label_errors):,} labels were written to {fix}. {_TODO}"),
            file=sys.stderr,
        )


check_command = with_options(
    _check,
    {
        DATA.name: data_argument(str),
        **{name: option_of(BY_NAME[name]) for name in (*READING, "seed")},
        "fix": Annotated[
            Path | None,
            typer.Option(
                metavar="FILE",
                help="New .csv file for the suspicious labels, in which you write the right "
                "ones. A search takes it as --corrections.",
            ),
        ],
        "price": Annotated[
            bool, typer.Option(help="Estimate what the suspicious labels cost, in points.")
        ],
        "show": Annotated[int, typer.Option(min=0, help="Findings of each kind to print at most.")],
        "as_json": Annotated[
            bool, typer.Option("--json", help="Print one JSON object per line, for every finding.")
        ],
    },
    {DATA.name: REQUIRED, "price": True, "show": 10, "as_json": False},
)
