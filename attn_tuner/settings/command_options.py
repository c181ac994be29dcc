"""Makes options of the command from rows of the table of settings."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer

from attn_tuner.settings.table import DATA, Setting

REQUIRED = inspect.Parameter.empty  # As a default: the parameter has none.


def one_or_several(values: Sequence[str] | None) -> str | list[str] | None:
    """Returns what an option was given as functions take it: None, one value, or a list."""
    given = list(values or ())
    return given if given[1:] else given[0] if given else None


def data_argument(kind: Any) -> Any:
    """Returns the annotation of the argument DATA; `kind` is `str`, or `str | None`."""
    return Annotated[kind, typer.Argument(metavar="DATA", show_default=False, help=DATA.help)]


def option_of(setting: Setting) -> Any:
    """Returns the annotation of a parameter that typer makes this setting's option from.

    Its default is None, whatever the setting's is: so the command knows what was given.
    """
    names, usual = setting.option, setting.default
    if setting.type is bool:
        names = f"{setting.option}/{setting.opposite}"
    shown = isinstance(usual, str | int | float) and not isinstance(usual, bool)
    information = typer.Option(
        names,
        help=f"{setting.help} Default: {usual}." if shown else setting.help,
        metavar=setting.metavar,
        rich_help_panel=setting.group,
        show_default=False,
    )
    kind = list[setting.type] if setting.several else setting.type
    return Annotated[kind | None, information]


def with_options(
    command: Callable, hints: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Callable:
    """Gives a function the parameters that typer reads its options from, and returns it.

    Args:
        command: takes them by name.
        hints: name of a parameter to its annotation.
        defaults: name to default; None for all others.
    """
    parameters = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=hint
        )
        for name, hint in hints.items()
    ]
    command.__annotations__ = dict(hints)
    command.__signature__ = inspect.Signature(parameters)
    return command
