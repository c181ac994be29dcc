"""Programs in forks of a process that has imported TensorFlow and this package already.

Python and these imports take five seconds of a core in each new process; a fork takes none. What a
program registers, imports or changes ends with its fork.
"""

import contextlib
import os
import runpy
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.colours import in_this_process
from tests.support.sittings import FORKS


@dataclass(frozen=True)
class Ended:
    """How a program ended, and all that it wrote."""

    code: int
    output: str


def run_warm(
    script: Path, environment: Mapping[str, str] | None = None, seconds: float = 400.0
) -> Ended:
    """Runs a script in its own folder.

    Proofs of exports and baselines run in the same process, where each would import TensorFlow
    again; tests/exporting and tests/baselines have them in their own. A report measures how
    faithful attention is on ten texts.
    """
    log = script.with_suffix(".log")
    process = FORKS.Process(target=_run, args=(script, log, dict(environment or {})))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    return Ended(process.exitcode, log.read_text(encoding="utf-8", errors="replace"))


def _run(script: Path, log: Path, environment: dict[str, str]):
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for descriptor in (1, 2):
        os.dup2(written, descriptor)
    os.chdir(script.parent)
    os.environ.update(environment)
    sys.path.insert(0, str(script.parent))
    try:
        with in_this_process(), _measures_of_ten_texts():
            runpy.run_path(str(script), run_name="__main__")
    except BaseException:
        traceback.print_exc()
        sys.exit(1)


@contextlib.contextmanager
def _measures_of_ten_texts():
    from attn_tuner.explaining import measure_faithfulness

    def few(*given, **options):
        return measure_faithfulness(*given, **{**options, "sample": 10})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("attn_tuner.reporting.example_texts.measure_faithfulness", few)
        yield
