"""The commands `attn-tuner list` and `attn-tuner doctor`: what is installed."""

from typing import Annotated

import typer

from attn_tuner.registry import PACKAGES, describe_parts
from attn_tuner.system.terminal import escape_controls


def list_parts(
    kind: Annotated[
        str | None,
        typer.Argument(
            help=f"{', '.join(PACKAGES)}. Without one, these kinds are listed.",
            autocompletion=lambda incomplete: [
                each for each in PACKAGES if each.startswith(incomplete)
            ],
        ),
    ] = None,
) -> None:
    """List the parts of one kind with equation, cost and paper."""
    if kind is None:
        return print("\n".join(f"attn-tuner list {each}" for each in PACKAGES))
    for part in describe_parts(kind):
        print(escape_controls(f"{part.name}: {part.summary}"))
        facts = {
            "equation": part.equation,
            "cost": part.section("Cost"),
            "paper": part.section("Reference"),
            "tunes": ", ".join(part.space),
        }
        for title, fact in facts.items():
            if fact:
                print(escape_controls(f"    {title:<9} {fact}"))


def doctor(
    test: Annotated[
        bool, typer.Option(help="Search, export and load a tiny model; about a minute.")
    ] = True,
) -> None:
    """Print versions, cores, memory, GPUs and missing extras, and test that a search works."""
    from attn_tuner.system.installation import check_installation

    def self_test() -> str:
        from attn_tuner.testing.self_test import self_test

        return self_test()

    if not check_installation(self_test if test else None):
        raise typer.Exit(1)
