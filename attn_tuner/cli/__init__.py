"""The command `attn-tuner`: its subcommands, and the message of an error."""

import logging
import os
import sys
from typing import Annotated

import typer

import attn_tuner
from attn_tuner.checking.command import check_command
from attn_tuner.cli.explain_command import explain
from attn_tuner.cli.export_command import export
from attn_tuner.cli.installation_command import doctor, list_parts
from attn_tuner.cli.monitor_command import monitor
from attn_tuner.cli.predict_command import predict
from attn_tuner.cli.report_command import report
from attn_tuner.cli.search_command import print_summary, search
from attn_tuner.cli.serve_command import serve, watch
from attn_tuner.cli.signals import handles_signals
from attn_tuner.cli.suggest_command import suggest
from attn_tuner.distilling.command import distil_command
from attn_tuner.errors import AttnTunerError
from attn_tuner.labelling.command import learning_curve_command
from attn_tuner.storage.atomic_files import unwritable
from attn_tuner.system.terminal import escape_controls
from attn_tuner.updating.command import update_command
from attn_tuner.verbosity import QUIET_TENSORFLOW

__all__ = ["app", "main", "predict", "print_summary"]

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"attn-tuner {attn_tuner.__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Search attention models for text, and export the best one as a SavedModel."""


for _command in (search, predict, export, report, explain, suggest, monitor, watch, serve):
    app.command()(_command)
app.command("list")(list_parts)
app.command()(doctor)
app.command("check")(check_command)
app.command("learning-curve")(learning_curve_command)
app.command("update")(handles_signals(update_command))
app.command("distil")(handles_signals(distil_command))


def main() -> None:
    """Runs the command; an error of ours is one sentence on standard error, without traceback."""
    for name, value in QUIET_TENSORFLOW.items():
        os.environ.setdefault(name, value)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # A terminal may know fewer characters than texts have.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (AttnTunerError, OSError) as error:
        problem = error if isinstance(error, AttnTunerError) else unwritable(error)
        if problem is None:
            raise
        print(f"attn-tuner: {escape_controls(problem)}", file=sys.stderr)
        sys.exit(1)
