"""What a trial leaves in its folder: its record, its best weights, its resume point."""

import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median_low

import numpy as np

from attn_tuner.errors import DamagedFile
from attn_tuner.files import new_folder, reserve, write_json, write_whole, writing
from attn_tuner.stored import check_seal, read_array, read_arrays, read_dataclass, reading, sealed
from attn_tuner.tuning.watch import Progress

RECORD = "record.json"
WEIGHTS = "checkpoint.weights.h5"  # The name under which stock KerasTuner looks for them.
PROBABILITIES = "validation.npy"
PRETRAINED = "-pretrained"  # Behind the name of the trial whose values it has.
_HEADER = 4096  # Bytes that HDF5 takes for the head of each array, about twice what was seen.
LINEAR_NAME = "linear"  # Of the linear baseline, where trials have their number.
_STATE = "state.weights.h5"
_RANDOM = "random.npz"
STATES = ("completed", "pruned", "cut", "failed", "infeasible")
_FROM_ITS_BEGINNING = "Remove its folder: the trial is trained from its beginning then."
_LOST = (
    "Put back a copy. Without one, remove this file: the trial then counts no more, and the search "
    "can go on."
)


@dataclass(frozen=True)
class Record:
    """One trial as it ended.

    Args:
        trial_id: KerasTuner's name of it.
        status: "completed", "pruned", "cut" (by the clock or by hand), "failed", or "infeasible"
            where it was not trained because it breaks a limit.
        values: path to value, as the oracle gave them.
        score: of the objective at the best evaluation; None for a failed trial.
        measures: all of `measures.measure` at the best evaluation, with the rest of `history`.
        history: every evaluation, as in `Progress`.
        stopped: why it ended.
        seconds: wall time of its training.
        parameters: weights of the model.
        seed: of its weights and its order of data.
        ended: seconds since the search began, over all sittings.
        message: the traceback of a failed trial, or of its attempt to go on.
        repeats: scores of further trainings with other seeds.
        latency_ms: milliseconds for one text, where they are limited.
        share: of the most that a trial is given, what its rung gave it; 1 without rungs.
        used: by name, what the rung put in the place of values, see `fidelity.Ration`.
        remark: why a trial that has a score could not go on; empty where it could.
    """

    trial_id: str
    status: str
    values: dict = field(hash=False)
    score: float | None = None
    measures: dict = field(default_factory=dict, hash=False)
    history: list = field(default_factory=list, hash=False)
    stopped: str = ""
    seconds: float = 0.0
    parameters: int = 0
    seed: int = 0
    ended: float = 0.0
    message: str = ""
    repeats: list = field(default_factory=list, hash=False)
    latency_ms: float | None = None
    share: float = 1.0
    used: dict = field(default_factory=dict, hash=False)
    remark: str = ""

    @property
    def trained(self) -> dict:
        """The values by which the model was made and trained, and reads texts."""
        return {**self.values, **self.used}

    @property
    def judging(self) -> float | None:
        """Seconds that an answer to all validation texts takes; None where nothing is known.

        The lower median of the last three: the first one compiles.
        """
        last = self._judged()[-3:]
        return median_low(last) if last else None

    @property
    def tracing(self) -> float | None:
        """Seconds that tracing the model's answers takes; None where nothing is known.

        What the first evaluation took and a later one does not.
        """
        told = self._judged()
        return max(0.0, told[0] - self.judging) if len(told) > 1 else None

    @property
    def costs(self) -> dict[str, float]:
        """Seconds by what a `Budget` knows them as."""
        known = {"trial": self.seconds, "tracing": self.tracing}
        return {name: each for name, each in known.items() if each is not None}

    @property
    def pretrained(self) -> bool:
        """Whether its encoder began with what texts without labels had taught it."""
        return self.trial_id.endswith(PRETRAINED)

    def _judged(self) -> list[float]:
        """Seconds of each evaluation that says what it took."""
        return [each["judging"] for each in self.history if "judging" in each]

    def save(self, folder):
        write_json(Path(folder) / RECORD, asdict(self))

    @classmethod
    def load(cls, folder) -> "Record":
        """The record in a trial's folder.

        Raises:
            DamagedFile: it is none, or is of another trial than the folder's name says.
        """
        path = Path(folder) / RECORD
        record = read_dataclass(cls, path, _LOST)
        with reading(path, _LOST):
            record.check(Path(folder).absolute().name)
        return record

    def check(self, folder: str):
        """Raises ValueError where the record cannot be of the trial in the folder of that name."""
        # Paths are made of the name, so what stands in the file may not lead elsewhere.
        if f"trial_{self.trial_id}" != folder:
            raise ValueError(f"its trial_id is {self.trial_id[:40]!r}, in the folder {folder}")
        if self.status not in STATES:
            raise ValueError(f"its status is {self.status[:40]!r}")
        for measures in (self.measures, *self.history):
            wrong = not isinstance(measures, dict) or not all(
                each is None or isinstance(each, int | float) for each in measures.values()
            )
            if wrong:
                raise ValueError("its measures are no numbers")
        if self.score is not None and "epochs" not in self.measures:
            raise ValueError("it has a score, and no measures of it")


def recorded(run) -> dict[str, Record]:
    """The records of a run folder by trial."""
    found = [Record.load(path.parent) for path in sorted(Path(run).glob(f"trial_*/{RECORD}"))]
    return {record.trial_id: record for record in found}


def save_weights(model, folder):
    write_whole(
        _weights_file(folder), lambda path: sealed(lambda to: _write_weights(model, to), path)
    )


def save_probabilities(probabilities, folder):
    target = Path(folder) / PROBABILITIES
    write_whole(target, lambda path: sealed(np.save, path, probabilities))


def check_weights(path):
    """Raises what h5py raises, or ValueError, where a file of weights is not whole."""
    check_seal(path)
    _check_hdf5(path)


def load_weights(model, folder):
    """Sets the model to the weights that `save_weights` left in a trial's folder.

    Raises:
        DamagedFile: they are not there, have changed, or are of another model.
    """
    path = _weights_file(folder)
    with reading(path, _LOST):
        check_seal(path)
        model.load_weights(path)


def load_probabilities(folder, shape=None) -> np.ndarray:
    """What `save_probabilities` left in a folder, perhaps of a shape that it must have."""
    return read_array(Path(folder) / PROBABILITIES, shape)


def save_best(model, probabilities, folder):
    """Writes weights and probabilities, both or neither where one cannot be written."""

    def write(path):
        sealed(np.save, path, probabilities)
        save_weights(model, folder)

    write_whole(Path(folder) / PROBABILITIES, write)


def drop_weights(folder):
    """Frees what a trial that is no longer among the best holds on disk."""
    _weights_file(folder).unlink(missing_ok=True)
    drop_resume_points(folder)


def save_resume_point(model, progress: Progress, folder):
    """Writes all that training goes on from as one numbered folder, whole or not at all.

    That is weights, optimiser, the states of random generators and metrics, and the progress.
    """
    import keras

    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    number = max(_resume_numbers(folder), default=0) + 1
    with new_folder(folder / f"resume-{number}") as draft:
        sealed(lambda path: _write_weights(model, path), draft / _STATE)
        states = {
            f"s{index:04d}": keras.ops.convert_to_numpy(each)
            for index, each in enumerate(_seeds(model))
        }
        means = {f"m{index:04d}": value for index, value in enumerate(progress.metrics)}
        np.savez(draft / _RANDOM, **states, **means)
        if progress.best_weights is not None:
            arrays = {f"w{index:04d}": value for index, value in enumerate(progress.best_weights)}
            np.savez(draft / "best.npz", probabilities=progress.probabilities, **arrays)
        facts = ("epoch", "batch", "history", "best", "seconds", "loss")
        write_json(draft / "progress.json", {name: getattr(progress, name) for name in facts})
    for older in _resume_numbers(folder):
        if older < number:
            shutil.rmtree(folder / f"resume-{older}", ignore_errors=True)


def load_resume_point(model, folder) -> Progress | None:
    """Sets `model` to the last resume point and returns its progress; None where there is none."""
    numbers = _resume_numbers(Path(folder))
    if not numbers:
        return None
    point = Path(folder) / f"resume-{max(numbers)}"
    progress = _stored_progress(point)
    with reading(point / _STATE, _FROM_ITS_BEGINNING):
        check_seal(point / _STATE)
        model.load_weights(point / _STATE)
    if progress.seeds:
        with reading(point / _RANDOM, _FROM_ITS_BEGINNING):
            _set_seeds(model, progress.seeds)
    return progress


def _stored_progress(point: Path) -> Progress:
    """All of a resume point but what a model must be at hand for."""
    progress = read_dataclass(Progress, point / "progress.json", _FROM_ITS_BEGINNING)
    best = point / "best.npz"
    with reading(point / "progress.json", _FROM_ITS_BEGINNING):
        known = -1 <= progress.best < len(progress.history)
        if not known or min(progress.epoch, progress.batch) < 0:
            raise ValueError("its best evaluation is not in its history")
        if not all(isinstance(each, dict) for each in progress.history):
            raise ValueError("its history holds no evaluations")
    if progress.best >= 0:
        arrays = read_arrays(best, ("probabilities",), _FROM_ITS_BEGINNING)
        progress.probabilities = arrays.pop("probabilities")
        progress.best_weights = [arrays[name] for name in sorted(arrays)]
    if (point / _RANDOM).exists():  # Resume points of 0.1 have none.
        arrays = read_arrays(point / _RANDOM, (), _FROM_ITS_BEGINNING)
        names = sorted(arrays)
        progress.metrics = [arrays[name] for name in names if name.startswith("m")]
        progress.seeds = [arrays[name] for name in names if name.startswith("s")]
    return progress


def drop_damaged_resume_points(folder) -> bool:
    """Drops a trial's resume points where the last is not whole; returns whether it did."""
    folder = Path(folder)
    numbers = _resume_numbers(folder)
    try:
        if numbers:
            point = folder / f"resume-{max(numbers)}"
            _stored_progress(point)
            with reading(point / _STATE):
                check_weights(point / _STATE)
    except DamagedFile:
        drop_resume_points(folder)
        return True
    return False


def _check_hdf5(path):
    """Raises what h5py raises where the file is cut short or none of its kind."""
    import h5py

    with h5py.File(path, "r") as file:
        file.visititems(lambda name, item: None)


def _set_seeds(model, states):
    for variable, state in zip(_seeds(model), states, strict=True):
        variable.assign(state)


def _seeds(model) -> list:
    """States of the model's random generators, which Keras does not save with its weights."""
    weights = {id(each) for each in model.weights}
    return [each for each in model.variables if id(each) not in weights]


def can_resume(folder) -> bool:
    return bool(_resume_numbers(Path(folder)))


def drop_resume_points(folder):
    for number in _resume_numbers(Path(folder)):
        shutil.rmtree(Path(folder) / f"resume-{number}", ignore_errors=True)


def _write_weights(model, path):
    """Writes the model's weights, and its optimiser's, once there is room for all of them.

    HDF5 ends the process by a segmentation fault where a disk is full in the middle of a file.
    """
    state = [*model.variables, *(model.optimizer.variables if model.optimizer else ())]
    sizes = [(8 if "64" in str(each.dtype) else 4) * int(np.prod(each.shape)) for each in state]
    reserve(path, sum(sizes) + _HEADER * (len(sizes) + 16))
    model.save_weights(path)


def _weights_file(folder) -> Path:
    return Path(folder) / WEIGHTS


def _resume_numbers(folder: Path) -> list[int]:
    names = (path.name.removeprefix("resume-") for path in folder.glob("resume-*"))
    return [int(name) for name in names if name.isascii() and name.isdigit()]
