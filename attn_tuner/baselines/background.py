"""The baselines, measured in a process of their own while the search runs."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from attn_tuner.baselines.baselines import linear, majority
from attn_tuner.storage.atomic_files import write_json, write_whole
from attn_tuner.storage.checked_files import sealed
from attn_tuner.system.processes import module_command
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.budget import Budget

BASELINES, LINEAR, LINEAR_ANSWERS = "baselines.json", "linear.npz", "linear_validation.npy"
SHARE = 0.1  # Of the time of a search, after which the baselines should be there.
LEAST = 1.0  # Second for them, however late their process starts.
_PATIENCE = 600  # Seconds, where no budget says otherwise.
_PACE = 0.2  # Seconds between two looks.
_GRACE = 2.0  # Seconds for what has ended already to be read.


class BackgroundBaselines:
    """Measures the baselines of a run folder in the background, once.

    Use it as a context manager, and `wait` before the results are read.

    Args:
        directory: the run's folder, whose `data` holds the stores.
        classes: number of classes.
        seed: of the folds that choose the penalty.
        seconds: of the whole search; None for no limit.
    """

    def __init__(self, directory, classes: int, seed: int, seconds: float | None = None):
        self.directory = Path(directory)
        until = "" if seconds is None else str(time.time() + SHARE * seconds)
        self.arguments = [str(self.directory), str(classes), str(seed), until]
        self.process = None

    def __enter__(self):
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

    def __exit__(self, *problem):
        if self.process:
            self.process.kill()
            self.process.communicate()

    def wait(self, budget: Budget, interrupted: Callable[[], bool] = lambda: False) -> str | None:
        """Waits for the baselines as long as the search may last; says what went wrong, if so.

        Args:
            budget: of the search.
            interrupted: whether the search is to end now.
        """
        if not self.process:
            return None
        left = budget.search_left()
        patience = _PATIENCE if left is None else max(left, _GRACE)
        errors, until = None, time.monotonic() + patience
        while errors is None and time.monotonic() < until:
            if interrupted():
                until = min(until, time.monotonic() + _GRACE)
                interrupted = bool
            with contextlib.suppress(subprocess.TimeoutExpired):
                errors = self.process.communicate(timeout=_PACE)[1]
        if errors is None:
            return "The linear baseline was not done in time, so the leaderboard lacks it."
        if self.process.returncode:
            return f"The linear baseline failed: {errors.strip().splitlines()[-1]}"
        return None


def measure_baselines(directory, classes: int, seed: int, seconds: float | None = None):
    """Writes `baselines.json` and the linear baseline's probabilities into the run folder.

    Args:
        directory, classes, seed: as in `BackgroundBaselines`.
        seconds: by when they should be there.
    """
    directory = Path(directory)
    stores = {
        role: TokenStore.open(directory / "data" / role)
        for role in ("train", "validation", "test")
        if (directory / "data" / role).exists()
    }
    training = stores.pop("train")
    found = [
        majority(training, stores, classes),
        linear(training, stores, classes, seed, seconds),
    ]
    # Empty where nothing was learnt: a file that is missing was lost.
    write_whole(directory / LINEAR, lambda path: np.savez(path, **found[1].learnt))
    for role, probabilities in found[1].probabilities.items():
        target = directory / f"linear_{role}.npy"
        write_whole(target, lambda path, kept=probabilities: sealed(np.save, path, kept))
    write_json(directory / BASELINES, [baseline.row() for baseline in found])


if __name__ == "__main__":
    folder, classes, seed, until = sys.argv[1:]
    # At the priority of the search: with a lower one it waits for other work past its time.
    left = max(LEAST, float(until) - time.time()) if until else None
    measure_baselines(folder, int(classes), int(seed), left)
