"""The commands `attn-tuner watch` and `attn-tuner serve`: a search on a terminal, or as a page."""

from typing import Annotated

import typer

from attn_tuner.cli.options import RunFolder, Trust
from attn_tuner.cli.run_folder import is_of_pairs, read_run
from attn_tuner.verbosity import silence


def watch(run: RunFolder) -> None:
    """Show a running search until it ends."""
    from attn_tuner.monitoring.watch import watch

    watch(run)


def serve(
    run: RunFolder,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. Any but a loopback address lets other machines in."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    trust: Trust = None,
) -> None:
    """Serve a web page that shows the search, and answers texts or series that you give it."""
    read_run(run)  # Before seconds of imports.
    if is_of_pairs(run):
        with silence(stderr=True):  # TensorFlow writes warnings before any can be set.
            from attn_tuner.sequence_search.page import serve_pairs

        return serve_pairs(run, host=host, port=port, trust=trust or ())
    with silence(stderr=True):
        from attn_tuner.serving.app import serve

    serve(run, host=host, port=port, trust=trust or ())
