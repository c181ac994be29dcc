"""A run's folder: taken into use, recognised, its clock."""

import contextlib
import os
import re
from pathlib import Path

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.files import draft, is_draft, write_json
from attn_tuner.stored import finite, read_object, reading
from attn_tuner.text.store import VECTORIZER
from attn_tuner.tuning.budget import Budget, format_duration
from attn_tuner.tuning.folder import RECORD, Record
from attn_tuner.tuning.load import Load
from attn_tuner.tuning.lock import LOCK
from attn_tuner.tuning.plan import PLAN, Plan

CLOCK = "clock.json"
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


def clock_of(directory, seconds: float | None, spent: float) -> Budget:
    """The budget, less what earlier sittings and this one have used by now.

    Args:
        directory: the run's folder. Where its clock is damaged or missing, its trials say when
            the last of them ended.
        seconds: of the whole search; None without limit.
        spent: by this sitting so far.
    """
    state = clock_state(directory)[0]
    state = {**state, "spent": state["spent"] + spent}
    return Budget.resumed(seconds, state, slowdown=Load())


def clock_state(directory) -> tuple[dict, str]:
    """What `Budget.get_state` gave in an earlier sitting, and a sentence where that was lost."""
    path = Path(directory) / CLOCK
    trials = list(path.parent.glob(f"trial_*/{RECORD}"))
    state = {"spent": 0.0, "costs": {}}
    if not path.exists() and not trials:
        return state, ""
    try:
        return _clock_state(path), ""
    except DamagedFile as error:
        for trial in trials:
            with contextlib.suppress(DamagedFile):
                state["spent"] = max(state["spent"], Record.load(trial.parent).ended)
        return state, (
            f"{path} {error.problem}. The time spent before is taken to be "
            f"{format_duration(state['spent'])}, when the last trial ended."
        )


def _clock_state(path: Path) -> dict:
    state = read_object(path, {"spent": float, "costs": dict[str, list[float]]})
    with reading(path):
        costs = [each for costs in state["costs"].values() for each in costs]
        if not all(finite(each) and each >= 0 for each in (state["spent"], *costs)):
            raise ValueError("its seconds are no lengths of time")
    return state


def save_clock(budget: Budget, directory):
    write_json(directory / CLOCK, budget.get_state())


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", Path(name).stem if name else "data").strip("._") or "data"
