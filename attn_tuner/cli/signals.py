"""Ends a command in order at a signal."""

import functools
from collections.abc import Callable

from attn_tuner.system.signals import handle_signals, write_stderr


def handles_signals(command: Callable) -> Callable:
    """Lets Ctrl-C, SIGTERM and SIGHUP end a command in order, with exit status 128 + signal."""

    @functools.wraps(command)
    def run(*arguments: object, **options: object) -> None:
        with handle_signals(exits=True) as signals:
            try:
                command(*arguments, **options)
            except SystemExit:
                if signals.received():
                    write_stderr(
                        f"attn-tuner: {signals.name} stopped it. The same command continues it."
                    )
                raise
            signals.raise_if_received()

    return run
