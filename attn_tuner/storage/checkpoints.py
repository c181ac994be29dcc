"""Writes and reads a trial's weights and resume points."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attn_tuner.errors import DamagedFile
from attn_tuner.storage.atomic_files import new_folder, reserve, write_json, write_whole, writing
from attn_tuner.storage.checked_files import (
    check_seal,
    read_array,
    read_arrays,
    read_dataclass,
    reading,
    sealed,
)
from attn_tuner.storage.layout import (
    BEST,
    PROBABILITIES,
    PROGRESS,
    RANDOM,
    STATE,
    WEIGHTS,
    resume_numbers,
    resume_point,
)
from attn_tuner.storage.trial_record import LOST

if TYPE_CHECKING:
    import keras


@dataclass
class TrainingProgress:
    """How far the training of one model has come.

    Args:
        epoch: number of finished epochs.
        batch: number of batches done in the current epoch.
        history: a dict for each evaluation: `epochs`, `seconds` of training so far, `judging` (the
            seconds of the evaluation), `loss` and the validation metrics.
        best: index into `history` of the best evaluation; -1 before the first.
        best_weights: `model.get_weights()` at the best evaluation.
        probabilities: the predictions for the validation texts at the best evaluation,
            `(texts, classes)`, or `(texts, columns)` for other tasks.
        stopped: why training ended, in words; empty while it runs.
        seconds: training time, all attempts together.
        loss: mean over the batches of the current epoch; NaN before the first.
        metrics: values of `model.metrics_variables` at the last resume point, so that means over
            an epoch count the batches before it.
        seeds: states of the model's random generators at the last resume point.
    """

    epoch: int = 0
    batch: int = 0
    history: list[dict] = field(default_factory=list)
    best: int = -1
    best_weights: list[np.ndarray] | None = None
    probabilities: np.ndarray | None = None
    stopped: str = ""
    seconds: float = 0.0
    loss: float = float("nan")
    metrics: list[np.ndarray] = field(default_factory=list)
    seeds: list[np.ndarray] = field(default_factory=list)

    @property
    def best_measures(self) -> dict:
        return self.history[self.best] if self.history else {}


_HEADER = 4096  # Bytes that HDF5 takes for the head of each array, about twice what was seen.

_FROM_ITS_BEGINNING = "Remove its folder: the trial is trained from its beginning then."


def save_weights(model: "keras.Model", folder: str | Path) -> None:
    """Writes a model's weights into a trial's folder."""
    write_whole(
        _weights_file(folder), lambda path: sealed(lambda to: _write_weights(model, to), path)
    )


def save_probabilities(probabilities: np.ndarray, folder: str | Path) -> None:
    """Writes predictions for the validation texts into a folder."""
    target = Path(folder) / PROBABILITIES
    write_whole(target, lambda path: sealed(np.save, path, probabilities))


def check_weights(path: str | Path) -> None:
    """Raises what h5py raises, or ValueError, where a file of weights is not whole."""
    check_seal(path)
    _check_hdf5(path)


def load_weights(model: "keras.Model", folder: str | Path) -> None:
    """Loads the weights that `save_weights` wrote into a trial's folder.

    Raises:
        DamagedFile: they are missing, damaged, or belong to another model.
    """
    path = _weights_file(folder)
    with reading(path, LOST):
        check_seal(path)
        model.load_weights(path)


def load_probabilities(folder: str | Path, shape: tuple | None = None) -> np.ndarray:
    """Reads what `save_probabilities` wrote, and checks its shape, if given."""
    return read_array(Path(folder) / PROBABILITIES, shape)


def save_best(model: "keras.Model", probabilities: np.ndarray, folder: str | Path) -> None:
    """Writes weights and predictions; neither where one of them cannot be written."""

    def write(path: Path) -> None:
        sealed(np.save, path, probabilities)
        save_weights(model, folder)

    write_whole(Path(folder) / PROBABILITIES, write)


def drop_weights(folder: str | Path) -> None:
    """Removes the weights and resume points of a trial."""
    _weights_file(folder).unlink(missing_ok=True)
    drop_resume_points(folder)


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays by name to a `.npz` file."""
    np.savez(path, allow_pickle=False, **arrays)


def save_resume_point(model: "keras.Model", progress: TrainingProgress, folder: str | Path) -> None:
    """Writes all that training goes on from as one numbered folder, whole or not at all.

    These are weights, optimizer, states of random generators and of metrics, and the progress.
    """
    import keras

    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    number = max(resume_numbers(folder), default=0) + 1
    with new_folder(resume_point(folder, number)) as draft:
        sealed(lambda path: _write_weights(model, path), draft / STATE)
        states = {
            f"s{index:04d}": keras.ops.convert_to_numpy(each)
            for index, each in enumerate(_seeds(model))
        }
        means = {f"m{index:04d}": value for index, value in enumerate(progress.metrics)}
        save_arrays(draft / RANDOM, {**states, **means})
        if progress.best_weights is not None and progress.probabilities is not None:
            arrays = {f"w{index:04d}": value for index, value in enumerate(progress.best_weights)}
            save_arrays(draft / BEST, {"probabilities": progress.probabilities, **arrays})
        facts = ("epoch", "batch", "history", "best", "seconds", "loss")
        write_json(draft / PROGRESS, {name: getattr(progress, name) for name in facts})
    for older in resume_numbers(folder):
        if older < number:
            shutil.rmtree(resume_point(folder, older), ignore_errors=True)


def load_resume_point(model: "keras.Model", folder: str | Path) -> TrainingProgress | None:
    """Loads the last resume point into `model` and returns its progress; None without one."""
    numbers = resume_numbers(folder)
    if not numbers:
        return None
    point = resume_point(folder, max(numbers))
    progress = _stored_progress(point)
    with reading(point / STATE, _FROM_ITS_BEGINNING):
        check_seal(point / STATE)
        model.load_weights(point / STATE)
    if progress.seeds:
        with reading(point / RANDOM, _FROM_ITS_BEGINNING):
            _set_seeds(model, progress.seeds)
    return progress


def _stored_progress(point: Path) -> TrainingProgress:
    """Reads a resume point, all but what is loaded into a model."""
    progress = read_dataclass(TrainingProgress, point / PROGRESS, _FROM_ITS_BEGINNING)
    best = point / BEST
    with reading(point / PROGRESS, _FROM_ITS_BEGINNING):
        known = -1 <= progress.best < len(progress.history)
        if not known or min(progress.epoch, progress.batch) < 0:
            raise ValueError("its best evaluation is not in its history")
        if not all(isinstance(each, dict) for each in progress.history):
            raise ValueError("its history holds no evaluations")
    if progress.best >= 0:
        arrays = read_arrays(best, ("probabilities",), _FROM_ITS_BEGINNING)
        progress.probabilities = arrays.pop("probabilities")
        progress.best_weights = [arrays[name] for name in sorted(arrays)]
    if (point / RANDOM).exists():  # Resume points of 0.1 have none.
        arrays = read_arrays(point / RANDOM, (), _FROM_ITS_BEGINNING)
        names = sorted(arrays)
        progress.metrics = [arrays[name] for name in names if name.startswith("m")]
        progress.seeds = [arrays[name] for name in names if name.startswith("s")]
    return progress


def drop_damaged_resume_points(folder: str | Path) -> bool:
    """Removes a trial's resume points if the last is damaged; returns whether it was."""
    folder = Path(folder)
    numbers = resume_numbers(folder)
    try:
        if numbers:
            point = resume_point(folder, max(numbers))
            _stored_progress(point)
            with reading(point / STATE):
                check_weights(point / STATE)
    except DamagedFile:
        drop_resume_points(folder)
        return True
    return False


def _check_hdf5(path):
    """Raises what h5py raises where the file is cut short or not HDF5."""
    import h5py

    with h5py.File(path, "r") as file:
        file.visititems(lambda name, item: None)


def _set_seeds(model, states):
    for variable, state in zip(_seeds(model), states, strict=True):
        variable.assign(state)


def _seeds(model) -> list:
    """Returns the states of random generators, which Keras does not save with the weights."""
    weights = {id(each) for each in model.weights}
    return [each for each in model.variables if id(each) not in weights]


def can_resume(folder: str | Path) -> bool:
    """Returns whether a trial's folder holds a resume point."""
    return bool(resume_numbers(folder))


def drop_resume_points(folder: str | Path) -> None:
    """Removes the resume points of a trial."""
    for number in resume_numbers(folder):
        shutil.rmtree(resume_point(folder, number), ignore_errors=True)


def _write_weights(model, path):
    """Writes the model's weights, and its optimiser's, once there is room for all of them.

    HDF5 ends the process by a segmentation fault where a disk is full in the middle of a file.
    """
    optimizer = getattr(model, "optimizer", None)  # A model that was never compiled has none.
    state = [*model.variables, *(optimizer.variables if optimizer else ())]
    sizes = [(8 if "64" in str(each.dtype) else 4) * int(np.prod(each.shape)) for each in state]
    reserve(path, sum(sizes) + _HEADER * (len(sizes) + 16))
    model.save_weights(path)


def _weights_file(folder) -> Path:
    return Path(folder) / WEIGHTS
