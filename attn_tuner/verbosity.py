"""How much this package says, and how little the libraries under it do.

set_verbosity(1)                           # details of each trial and of the outcome
with silence():                            # TensorFlow's log below errors
    ...
with silence("optuna", warnings=True):     # Optuna's log, and warnings of any library
    ...
"""

import contextlib
import io
import logging
import os
import sys
import warnings as python_warnings
from collections.abc import Iterator

# For the environment of a child process: TensorFlow's C++ libraries log fatal errors alone.
QUIET_TENSORFLOW = {"TF_CPP_MIN_LOG_LEVEL": "3"}

_verbosity = 0


def set_verbosity(level: int) -> None:
    """Sets how much a search prints: 0 the first screen, 1 and above the details as well.

    The command sets it by `-v`.
    """
    global _verbosity
    _verbosity = int(level)


def verbosity() -> int:
    """Returns what `set_verbosity` set, 0 at first."""
    return _verbosity


@contextlib.contextmanager
def silence(
    *loggers: str, warnings: bool = False, stdout: bool = False, stderr: bool = False
) -> Iterator[None]:
    """Drops log messages below errors and, where asked, warnings and output, in a `with` block.

    Args:
        loggers: names of loggers of `logging`; `"tensorflow"` if none is named.
        warnings: bool, whether to ignore warnings of Python as well.
        stdout: bool, whether to discard what Python prints to standard output.
        stderr: bool, whether to discard what the process, C++ libraries included, writes to
            standard error.
    """
    with contextlib.ExitStack() as stack:
        for name in loggers or ("tensorflow",):
            stack.enter_context(_errors_only(logging.getLogger(name)))
        if warnings:
            stack.enter_context(python_warnings.catch_warnings())
            python_warnings.simplefilter("ignore")
        if stdout:
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        if stderr:
            stack.enter_context(_stderr_discarded())
        yield


@contextlib.contextmanager
def _errors_only(logger: logging.Logger) -> Iterator[None]:
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _stderr_discarded() -> Iterator[None]:
    """Points file descriptor 2 at the null device; `contextlib.redirect_stderr` misses C++."""
    sys.stderr.flush()
    original = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(original, 2)
        os.close(original)
        os.close(null)
