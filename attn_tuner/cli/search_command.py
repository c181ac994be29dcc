"""The command `attn-tuner search`: its options, and what it prints."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from attn_tuner.cli.options import Verbose
from attn_tuner.cli.run_folder import import_api
from attn_tuner.cli.signals import handles_signals
from attn_tuner.errors import DataError
from attn_tuner.settings.command_options import data_argument, option_of, with_options
from attn_tuner.settings.table import DATA, SETTINGS
from attn_tuner.system.terminal import escape_controls
from attn_tuner.verbosity import set_verbosity


def _takes_settings(command: Callable) -> Callable:
    """Gives a command an argument DATA, and an option for each row of the table of settings."""
    config = typer.Option(
        metavar="FILE",
        show_default=False,
        help="TOML file of settings, such as RUN/search.toml, which each search writes. "
        "Options given here override it.",
    )
    hints = {DATA.name: data_argument(str | None), "config": Annotated[Path | None, config]}
    hints |= {each.name: option_of(each) for each in SETTINGS if not each.only_python}
    return with_options(command, {**hints, "verbose": Verbose}, {"verbose": 0})


@_takes_settings
@handles_signals
def search(config: Path | None = None, verbose: int = 0, **options: Any) -> None:
    """Search for the best model for DATA, test it, and export it to FOLDER/best."""
    from attn_tuner.settings.toml_file import read_settings

    given = {} if config is None else read_settings(config)
    given |= {name: value for name, value in options.items() if value not in (None, [])}
    if DATA.name not in given:
        raise DataError(
            f"No data were given. Give DATA: {DATA.help} Or give a --config that names it."
        )
    set_verbosity(verbose)
    result = import_api().search(given.pop(DATA.name), **given)
    if verbose:
        print(escape_controls(result), end="\n\n")
    print_summary(result.summary())


def print_summary(summary: str, console: Any = None) -> None:
    """Prints the last lines of a search, their labels bold on a terminal.

    Args:
        summary: from `SearchResult.summary`.
        console: of rich; standard output if not given.
    """
    from rich.console import Console
    from rich.text import Text

    from attn_tuner.reporting.outcome_text import hang

    console = console or Console()
    text = Text(hang(summary, console.width) if console.is_terminal else summary)
    text.highlight_regex(r"(?m)^\w+(?= )", "bold")
    console.print(text, soft_wrap=not console.is_terminal, highlight=False)
