"""Checks the state files of KerasTuner in a run folder before it reads them."""

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from keras_tuner.engine.trial import Trial, TrialStatus

from attn_tuner.storage.checked_files import read_object, reading
from attn_tuner.storage.layout import ORACLE, TRIAL, TRIAL_PREFIX, in_trials

START_ANEW = "Restore it from a copy, or start again in another folder or with overwrite=True."
_ORACLE = {
    "ongoing_trials": dict[str, str],
    "start_order": list[str],
    "end_order": list[str],
    "retry_queue": list[str],
    "hyperparameters": dict,
}
_TRIAL = {"trial_id": str, "hyperparameters": dict, "metrics": dict, "status": str} | {
    "score": float | None
}
_STATES = tuple(value for name, value in vars(TrialStatus).items() if name == value)
_NOT_IN_NAMES = ("/", "\\", "\0")


def read_whole(path: str | PathLike, keys: Mapping = MappingProxyType({})) -> dict:
    """Reads a JSON object.

    Args:
        path: the file.
        keys: dict of required keys to their types.

    Raises:
        DamagedFile: the file is incomplete, or lacks a key.
    """
    return read_object(path, dict(keys), f"It is a state file of KerasTuner. {START_ANEW}")


def check_states(folder: str | PathLike) -> None:
    """Checks the files of an oracle and its trials.

    Raises:
        DamagedFile: one of them is incomplete, or holds a name that leads out of the folder.
    """
    folder = Path(folder)
    for path in in_trials(folder, TRIAL):
        read_trial(path)
    state = read_whole(folder / ORACLE, _ORACLE)
    with reading(folder / ORACLE, START_ANEW):
        _check_oracle(state)


def read_trial(path: str | PathLike) -> dict:
    """Reads the state of a trial.

    Raises:
        DamagedFile: it is incomplete, or belongs to another trial than the folder.
    """
    trial = read_whole(path, _TRIAL)
    with reading(path, START_ANEW):
        _check_trial(trial, Path(path).absolute().parent.name)
    return trial


def _check_trial(trial: dict, folder: str) -> None:
    # The name becomes part of paths, so it must not lead out of the folder.
    if f"{TRIAL_PREFIX}{trial['trial_id']}" != folder:
        raise ValueError(f"its trial_id is {trial['trial_id'][:40]!r}, in the folder {folder}")
    if trial["status"] not in _STATES:
        raise ValueError(f"its status is {trial['status'][:40]!r}")
    values = Trial.from_state(trial).hyperparameters.values
    _check_names(each for key, each in values.items() if key == "tuner/trial_id" and each)


def _check_oracle(state: dict) -> None:
    running = state["ongoing_trials"]
    _check_names((*running, *running.values(), *state["start_order"], *state["end_order"]))


def _check_names(names: Iterable) -> None:
    """Raises ValueError for a name that would lead out of the folder as part of a path."""
    for name in map(str, names):
        if not name.strip(".") or any(each in name for each in _NOT_IN_NAMES):
            raise ValueError(f"it names {name[:40]!r}, which is no name of a trial or tuner")
