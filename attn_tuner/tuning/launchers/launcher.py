"""Where the trials of a search run: in this process, or among workers."""

import math
from dataclasses import dataclass
from pathlib import Path

from attn_tuner.errors import BudgetError, need
from attn_tuner.tuning.constraints import Constraints
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.ray_pool import RayWorkerPool, started
from attn_tuner.tuning.resources import allot, places, share
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer


@dataclass(frozen=True)
class Launcher:
    """How many trials run at once, and where.

        Launcher(workers=2).search(runner, data_folder)

    Args:
        workers: trials at once. One, without a cluster, is trained in this process.
        cluster: address of a Ray cluster, `"auto"` for the one that runs here; None for this
            machine alone.
        cpus_per_trial, gpus_per_trial: what Ray sets aside for a worker.

    Raises:
        BudgetError: there is to be no worker, or one that has no processor.
        MissingExtra: workers need Ray, and it is not installed.
    """

    workers: int = 1
    cluster: str | None = None
    cpus_per_trial: float = 1.0
    gpus_per_trial: float = 0.0

    def __post_init__(self):
        if not isinstance(self.workers, int) or self.workers < 1:
            raise BudgetError(f"workers is {self.workers!r}; it should be at least 1.")
        if not self.cpus_per_trial > 0 or self.gpus_per_trial < 0:
            raise BudgetError(
                f"A trial cannot do with cpus_per_trial={self.cpus_per_trial!r} and "
                f"gpus_per_trial={self.gpus_per_trial!r}. Give more than 0 CPUs, and 0 or more "
                "GPUs."
            )
        if self.parallel:
            need("ray", "ray")

    @property
    def parallel(self) -> bool:
        return self.workers > 1 or self.cluster is not None

    @property
    def setting_up(self) -> float:
        """Seconds, about, until the first trial of a search begins to learn."""
        return 40.0 if self.parallel else 5.0

    def search(self, runner, data):
        """Runs the search of a `TrialRunner` whose texts are encoded in the folder `data`."""
        if not self.parallel:
            return runner.search()
        shop = runner.workshop
        # On a cluster a trial computes where nobody counts this machine's cores.
        threads = math.ceil(self.cpus_per_trial) if self.cluster else share(self.workers)
        # On an accelerator the machine's memory is not what counts.
        counted = None if self.gpus_per_trial else threads
        prepare = Prepare(
            shop.hypermodel, str(data), shop.callbacks, shop.allowed, shop.also, counted
        )
        cpus = math.ceil(self.workers * self.cpus_per_trial)
        with started(cpus, self.cluster) as ray:
            crew = RayWorkerPool(
                ray,
                prepare,
                self.workers,
                threads,
                self.cpus_per_trial,
                self.gpus_per_trial,
                () if self.cluster else places(self.workers),
                here=not self.cluster,
            )
            return Driver(runner, crew).search()


@dataclass(frozen=True, eq=False)
class Prepare:
    """Makes the workshop anew in a worker, on the stores of the run folder: no text travels.

    Args:
        hypermodel, callbacks, allowed, also: as in `TrialTrainer`.
        data: the run's data folder, on a path that every worker sees.
        threads: of the worker, which share its memory out; None does not.
    """

    hypermodel: object
    data: str
    callbacks: object
    allowed: Constraints
    also: object = None
    threads: int | None = None

    def __call__(self) -> TrialTrainer:
        if self.threads:
            allot(self.threads)
        stored = EncodedData.open(Path(self.data))
        return TrialTrainer(
            self.hypermodel,
            stored.training,
            stored.validation,
            self.callbacks,
            self.allowed,
            self.also,
        )
