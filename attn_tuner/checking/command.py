"""The command `attn-tuner check`: its options, and what it prints."""

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
    "encoding",
    "header",
)


def _check(*, show: int, as_json: bool, **options: Any) -> None:
    """Check the labels and texts of DATA before a search: what is probably wrong with them."""
    given = {name: value for name, value in options.items() if value not in (None, [])}
    with silence(stderr=True):
        from attn_tuner.checking.check import check
    found = check(given.pop(DATA.name), **given)
    if as_json:
        for row in found.as_rows():
            print_json(row)
    else:
        print(escape_controls(found.summary(show)))


check_command = with_options(
    _check,
    {
        DATA.name: data_argument(str),
        **{name: option_of(BY_NAME[name]) for name in (*READING, "seed")},
        "show": Annotated[int, typer.Option(min=0, help="Findings of each kind to print at most.")],
        "as_json": Annotated[
            bool, typer.Option("--json", help="Print one JSON object per line, for every finding.")
        ],
    },
    {DATA.name: REQUIRED, "show": 10, "as_json": False},
)
