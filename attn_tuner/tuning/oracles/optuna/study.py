"""Opens and repairs the Optuna study of a run folder, and names its parameters."""

import contextlib
import json
import os
from itertools import takewhile
from pathlib import Path

import keras_tuner
import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.storage.layout import OPTUNA_JOURNAL
from attn_tuner.tuning.oracles.optuna.distributions import distribution_of
from attn_tuner.verbosity import silence


def quietly() -> contextlib.AbstractContextManager[None]:
    """Silences Optuna's log and its warnings about experimental features, in a `with` block."""
    return silence("optuna", warnings=True)


def open_study(folder: Path, directions: list[str]) -> optuna.Study:
    """Opens the study in a folder, or creates it.

    `optuna-dashboard FOLDER/optuna.journal` shows it; so does `optuna.load_study` with
    `JournalStorage(JournalFileBackend(...))` and the folder's name as the study's.

    Raises:
        RunError: the study has other directions.
        DamagedFile: the file is not a journal of Optuna.
    """
    path = folder / OPTUNA_JOURNAL
    check_journal(path)
    with quietly():
        storage = JournalStorage(JournalFileBackend(str(path), lock_obj=_FileLock(path)))
        study = optuna.create_study(
            storage=storage, study_name=folder.name, directions=directions, load_if_exists=True
        )
    found = [direction.name.lower() for direction in study.directions]
    if found != directions:
        raise RunError(
            f"The study {path} optimises {found}, but this search asks for {directions}. Search in "
            "another folder, or with the same objectives."
        )
    return study


def check_journal(path: Path) -> None:
    """Removes an incomplete last line, as after a full disk or a power cut.

    Raises:
        DamagedFile: the file is not a journal of Optuna.
    """
    if not path.exists():
        return
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            known = "op_code" in json.loads(line)
        except (ValueError, TypeError):
            known = False
        if not known:
            raise DamagedFile(
                f"Line {number} of {path}",
                "is not of an Optuna journal",
                "Delete the file: it is made again from the trials in this folder.",
            )
    if len(whole) < len(text):
        os.truncate(path, len(whole))


def suggest(
    trial: optuna.Trial, label: str, distribution: BaseDistribution
) -> bool | int | float | str:
    """Samples a parameter by the public method for its distribution."""
    if isinstance(distribution, optuna.distributions.CategoricalDistribution):
        return trial.suggest_categorical(label, distribution.choices)
    whole = isinstance(distribution, optuna.distributions.IntDistribution)
    ask = trial.suggest_int if whole else trial.suggest_float
    return ask(
        label, distribution.low, distribution.high, step=distribution.step, log=distribution.log
    )


class Labels:
    """The parameter names in a study for the hyperparameters of a space.

    In KerasTuner a name may have another range under another condition, and a resumed search may
    have another space. In Optuna all distributions of a name must be compatible.

    Args:
        study: the study, whose existing names are kept.
    """

    def __init__(self, study: optuna.Study):
        self._study = study
        self._known: dict = {}
        self._read = 0  # Trials whose names are known.

    def of(self, space: keras_tuner.HyperParameters) -> list[tuple]:
        """Returns name in the study, hyperparameter and distribution, for the whole space."""
        trials = self._study.get_trials(deepcopy=False)
        for trial in trials[self._read :]:
            self._known.update(trial.distributions)
        self._read += sum(
            1 for _ in takewhile(lambda trial: trial.state.is_finished(), trials[self._read :])
        )
        found, taken = [], set()
        for hp in space.space:
            distribution, label = distribution_of(hp), hp.name
            while label in taken or not _compatible(self._known.get(label), distribution):
                label += "'"
            taken.add(label)
            found.append((label, hp, distribution))
        return found


def _compatible(known: BaseDistribution | None, distribution: BaseDistribution | None) -> bool:
    """Returns whether both distributions can have one name; None is compatible with all."""
    if known is None or distribution is None:
        return True
    try:
        optuna.distributions.check_distribution_compatibility(known, distribution)
    except ValueError:
        return False
    return True


class _FileLock:
    """Locks a file until it is released or its process is killed.

    Optuna's own locks are files that a killed process leaves behind, and that delay the next one by
    half a minute.
    """

    def __init__(self, path: Path):
        self._path = path
        self._file = None

    def acquire(self) -> bool:
        self._file = open(self._path, "ab")  # noqa: SIM115 (held until release)
        with contextlib.suppress(ImportError):  # Windows has no fcntl; one process writes anyway.
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_EX)
        return True

    def release(self) -> None:
        self._file.close()
