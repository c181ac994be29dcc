"""Takes a run folder into use, and tells one from other folders."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.storage.atomic_files import draft, is_draft
from attn_tuner.storage.layout import (
    DATA,
    LOCK,
    PLAN,
    RECORD,
    RUN_LOG,
    SCALER,
    VECTORIZER,
    in_trials,
)
from attn_tuner.storage.plan import Plan


def take(directory: str | os.PathLike | None, name: str) -> Path:
    """Returns the run folder, made if it is not there.

    Args:
        directory: the folder; `runs/<name>` if None.
        name: name of the data.

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


def check(directory: str | Path) -> None:
    """Raises RunError where `take` would; writes nothing."""
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


def _refuse_foreign(directory: Path):
    others = [
        path
        for path in directory.iterdir()
        if path.name not in (LOCK, RUN_LOG) and not is_draft(path)
    ]
    encoders = (directory / DATA / name for name in (VECTORIZER, SCALER))
    ours = (directory / PLAN).exists() or any(each.exists() for each in encoders)
    if others and not ours:
        raise RunError(
            f"{directory} holds files that no search wrote. Choose an empty or new folder."
        )


def _cannot_write(directory: Path, problem: str | None) -> RunError:
    return RunError(
        f"The run folder {directory} cannot be written ({problem}). Choose another with "
        "directory= or --out."
    )


def is_begun(directory: str | Path) -> bool:
    """Returns whether the folder holds a plan."""
    return (Path(directory) / PLAN).exists()


def check_data(dataset: Any, directory: Path, asked: Mapping | None = None) -> None:
    """Raises RunError where the folder belongs to a search on other data.

    Args:
        dataset: the `TextDataset`.
        directory: the run folder.
        asked: how it was read, see `Plan.asked`; the error names what differs.
    """
    if (directory / PLAN).exists():
        plan = Plan.load(directory)
        plan.check_data(dataset.name, dataset.fingerprint, directory, asked)


def agree(plan: Plan, directory: Path) -> None:
    """Writes the plan into the run folder.

    Raises:
        RunError: the folder belongs to a search with another plan.
        DamagedFile: it holds trials and no plan.
    """
    trials = in_trials(directory, RECORD)
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
