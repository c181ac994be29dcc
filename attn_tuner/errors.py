"""The errors of the package, and the import of optional packages.

Every message says what came, what would do and what to try.
"""

import importlib
from pathlib import Path
from types import ModuleType


class AttnTunerError(Exception):
    """Base of everything this package raises on purpose."""


class DataError(AttnTunerError, ValueError):
    """The data cannot be used as given."""


class NotMeasurable(DataError):
    """What was to be measured of attention has no value for this model or these texts."""


class SpaceError(AttnTunerError, ValueError):
    """A search space, or a value in it, does not fit the parts it speaks of."""


class UnknownName(SpaceError, KeyError):
    """A name that no registry entry or column answers to."""

    def __str__(self):
        return Exception.__str__(self)  # KeyError would print the repr, quotes and all.


class RunError(AttnTunerError, RuntimeError):
    """A run folder cannot be used, or a search cannot go on."""


class DamagedFile(RunError):
    """A file of a run folder or an export does not hold what it should.

    Args:
        path: the file.
        problem: what is wrong with it, as the rest of a sentence: `"is empty"`.
        remedy: sentences on what to do.
    """

    def __init__(self, path: str | Path, problem: str, remedy: str):
        super().__init__(f"{path} {problem}. {remedy}")
        self.path, self.problem, self.remedy = path, problem, remedy

    def __reduce__(self):
        return DamagedFile, (self.path, self.problem, self.remedy)


class Unwritable(RunError):
    """A file cannot be written: its disk is full, or its folder missing or protected."""


class BudgetError(AttnTunerError, ValueError):
    """The time or size allowed is too small for what was asked."""


class Infeasible(AttnTunerError):
    """A configuration breaks a limit that the user set, and is not trained."""


class ExportError(AttnTunerError, RuntimeError):
    """An artefact could not be made, or does not reproduce the model it came from."""


class TooLarge(AttnTunerError, MemoryError):
    """A tensor that would not fit, refused before it is allocated."""


class MissingExtra(AttnTunerError, ImportError):
    """An optional package is not installed."""


def need(module: str, extra: str) -> ModuleType:
    """Imports an optional module, or says which extra brings it.

    Args:
        module: name to import, `"ray"`.
        extra: the extra of this package that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == module.split(".")[0]
        state = "is not installed" if missing else f"cannot be imported ({error})"
        raise MissingExtra(
            f"This needs {module}, which {state}. Try: pip install 'attn-tuner[{extra}]'"
        ) from error
