"""Measures the baselines in a process of their own while the search runs."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from attn_tuner.baselines.baselines import Baseline, majority_baseline
from attn_tuner.baselines.forecast_baselines import (
    SEASONAL_NAME,
    ridge_forecast_baseline,
    seasonal_baseline,
)
from attn_tuner.baselines.members import LINEAR_MEMBER, MEMBERS, BaselineMember, member_of
from attn_tuner.inputs.kinds import TEXT, InputKind, kind_named
from attn_tuner.metrics import measured_as
from attn_tuner.storage.atomic_files import write_json, write_whole
from attn_tuner.storage.checked_files import read_arrays, read_object, sealed
from attn_tuner.storage.layout import BASELINES, DATA, STORE_FACTS
from attn_tuner.system.processes import module_command
from attn_tuner.tasks import levels_of

TIME_SHARE = 0.1  # Of the time of a search, for the baselines.
MIN_SECONDS = 1.0  # For the baselines, however late their process starts.
_PATIENCE = 600  # Seconds to wait for them without a time limit.
_POLL = 0.2  # Seconds between two looks at the process.
_GRACE = 2.0  # Seconds in which a process that has ended is read.


class BackgroundBaselines:
    """Measures the baselines of a run folder in the background, once.

    Use it as a context manager, and `wait` before the results are read.

    Args:
        directory: the run folder, with the encoded texts.
        classes: number of classes.
        seed: for the cross-validation folds that choose the penalty.
        seconds: time limit of the whole search; None for no limit.
        like: file of what the linear baseline of some of the texts has learnt; see
            `measure_baselines`.
    """

    def __init__(
        self,
        directory: str | Path,
        classes: int,
        seed: int,
        seconds: float | None = None,
        like: str | Path | None = None,
    ):
        self.directory = Path(directory)
        until = "" if seconds is None else str(time.time() + TIME_SHARE * seconds)
        before = "" if like is None else str(like)
        self.arguments = [str(self.directory), str(classes), str(seed), until, before]
        self.process = None

    def __enter__(self) -> "BackgroundBaselines":
        if not (self.directory / BASELINES).exists():
            self.process = subprocess.Popen(
                module_command("attn_tuner.baselines.background", *self.arguments),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        return self

    def __exit__(self, *problem: object) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()

    def wait(
        self, seconds: float | None, interrupted: Callable[[], bool] = lambda: False
    ) -> str | None:
        """Waits for the baselines, and returns a sentence where they failed or came too late.

        Args:
            seconds: how long at most; None for ten minutes.
            interrupted: whether the search is to end now.
        """
        if not self.process:
            return None
        patience = _PATIENCE if seconds is None else max(seconds, _GRACE)
        errors, until = None, time.monotonic() + patience
        while errors is None and time.monotonic() < until:
            if interrupted():
                until = min(until, time.monotonic() + _GRACE)
                interrupted = bool
            with contextlib.suppress(subprocess.TimeoutExpired):
                errors = self.process.communicate(timeout=_POLL)[1]
        if errors is None:
            return f"{self._unfinished()} did not finish in time and is not in the leaderboard."
        if self.process.returncode:
            return f"{self._unfinished()} failed: {errors.strip().splitlines()[-1]}"
        return None

    def _unfinished(self) -> str:
        """Names the baseline that is not written yet, to begin a sentence."""
        if not (self.directory / BASELINES).exists():
            return "The linear baseline"
        kind = _kind_of(self.directory)
        open_store = kind.part("store").open
        validation = open_store(self.directory / DATA / "validation")
        name = _models_beside(kind, validation.labels)[2]
        return name[:1].upper() + name[1:]


def measure_baselines(
    directory: str | Path,
    classes: int,
    seed: int,
    seconds: float | None = None,
    like: str | Path | None = None,
) -> None:
    """Measures the baselines, and writes them and their models into the run folder.

    A further model of the kind of input comes last, and the others are written before it.

    Args:
        directory, classes, seed: as in `BackgroundBaselines`.
        seconds: time limit; None for no limit.
        like: file of what the linear baseline has learnt of some of the texts, whose settings are
            taken without another cross-validation; it is fitted on from there.
    """
    begun = time.monotonic()
    directory = Path(directory)
    kind = _kind_of(directory)
    open_store = kind.part("store").open
    stores = {
        role: open_store(directory / DATA / role)
        for role in ("train", "validation", "test")
        if (directory / DATA / role).exists()
    }
    training = stores.pop("train")
    levels = levels_of(read_object(directory / DATA / STORE_FACTS).get("classes", ()))
    linear_baseline, further, _ = _models_beside(kind, training.labels, levels)
    settings = {} if like is None else {"like": read_arrays(Path(like)), "further": True}
    found = [
        majority_baseline(training, stores, classes, levels),
        linear_baseline(training, stores, classes, seed, seconds, **settings),
    ]
    _write(directory, found[1], LINEAR_MEMBER)
    write_json(directory / BASELINES, [baseline.row() for baseline in found])
    if further is None:
        return
    if seconds is not None:
        seconds = max(MIN_SECONDS, seconds - (time.monotonic() - begun))
    found.append(further(training, stores, classes, seed, seconds))
    if member := MEMBERS.get(found[-1].name):
        _write(directory, found[-1], member)
    write_json(directory / BASELINES, [baseline.row() for baseline in found])


def _write(directory: Path, baseline: Baseline, member: BaselineMember) -> None:
    """Writes what a baseline has learnt, and its predictions."""
    # Empty where nothing was learnt: a file that is missing was lost.
    write_whole(directory / member.learnt, lambda path: np.savez(path, **baseline.learnt))
    for role, probabilities in baseline.probabilities.items():
        target = directory / member.answers(role)
        write_whole(target, lambda path, kept=probabilities: sealed(np.save, path, kept))


def _kind_of(directory: Path) -> InputKind:
    return kind_named(read_object(directory / DATA / STORE_FACTS).get("input", TEXT.name))


def _models_beside(
    kind: InputKind, labels: np.ndarray, levels: Sequence[float] = ()
) -> tuple[Callable, Callable | None, str]:
    """Returns what measures the linear baseline and the further model, and the latter's name."""
    if measured_as(labels) == "numbers":
        ridge = partial(ridge_forecast_baseline, levels=levels)
        return ridge, partial(seasonal_baseline, levels=levels), SEASONAL_NAME
    further = kind.part("further") if kind.further else None
    return kind.part("baseline"), further, member_of(kind.name).name


if __name__ == "__main__":
    folder, classes, seed, until, like = sys.argv[1:]
    # At the priority of the search: with a lower one it waits for other work past its time.
    left = max(MIN_SECONDS, float(until) - time.time()) if until else None
    measure_baselines(folder, int(classes), int(seed), left, like or None)
