"""A run's folder: taken into use, recognised, its clock."""

import os
import re
from pathlib import Path

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.storage.atomic_files import draft, is_draft
from attn_tuner.storage.lock import LOCK
from attn_tuner.storage.plan import PLAN, Plan
from attn_tuner.storage.trial_record import RECORD
from attn_tuner.text.token_store import VECTORIZER

DATA = "data"


def take(directory, name: str) -> Path:
    """The run's folder, made if it is not there.

    Args:
        directory: where; `runs/<name>` when None.
        name: of the data.

    Raises:
        RunError: it cannot be written, or holds what no search wrote.
    """
    directory = Path(directory or Path("runs") / _slug(name)).absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with draft(directory / "probe"):
            pass
    except OSError as error:
        raise _cannot_write(directory, error.strerror) from error
    _refuse_foreign(directory)
    return directory


def check(directory):
    """Raises RunError where `take` would, and writes nothing."""
    directory = Path(directory).absolute()
    try:
        if directory.is_dir():
            return _refuse_foreign(directory)
        there = directory
        while not there.exists():
            there = there.parent
    except OSError as error:
        problem = error.strerror
    else:
        folder = there.is_dir()
        if folder and os.access(there, os.W_OK | os.X_OK):
            return None
        problem = "Permission denied" if folder else f"{there} is a file"
    raise _cannot_write(directory, problem)


def _refuse_foreign(directory):
    others = [path for path in directory.iterdir() if path.name != LOCK and not is_draft(path)]
    ours = (directory / PLAN).exists() or (directory / DATA / VECTORIZER).exists()
    if others and not ours:
        raise RunError(
            f"{directory} holds files that no search wrote. Choose an empty or new folder."
        )


def _cannot_write(directory, problem) -> RunError:
    return RunError(
        f"The run folder {directory} cannot be written ({problem}). Choose another with "
        "directory= or --out."
    )


def is_begun(directory) -> bool:
    """Whether a search has written its plan there."""
    return (Path(directory) / PLAN).exists()


def check_data(dataset, directory):
    """Raises RunError where the folder belongs to a search on other data."""
    if (directory / PLAN).exists():
        Plan.load(directory).check_data(dataset.name, dataset.fingerprint, directory)


def agree(plan: Plan, directory):
    """Writes the plan; raises RunError where it does not continue the one that is there."""
    trials = sorted(Path(directory).glob(f"trial_*/{RECORD}"))
    if trials and not (directory / PLAN).exists():
        raise DamagedFile(
            directory / PLAN,
            "is missing, and there are trials",
            "Nothing else says by what they were searched. Put back a copy, or search in another "
            "folder.",
        )
    if (directory / PLAN).exists():
        plan.check_continues(Plan.load(directory), directory)
    plan.save(directory)


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", Path(name).stem if name else "data").strip("._") or "data"
