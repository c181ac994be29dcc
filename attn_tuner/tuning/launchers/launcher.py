"""Chooses where the trials of a search run: in this process, or among workers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from attn_tuner.errors import BudgetError, need
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.tuning.constraints import Constraints
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.ray_pool import RayWorkerPool, started
from attn_tuner.tuning.resources import core_sets, limit_memory, share
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.tuner import TrialRunner


@dataclass(frozen=True)
class Launcher:
    """How many trials run at once, and where.

        Launcher(workers=2).search(runner, data_folder)

    Args:
        workers: int, trials at once. One, without a cluster, is trained in this process.
        cluster: str, address of a Ray cluster, `"auto"` for the one that runs here; None for this
            machine alone.
        cpus_per_trial, gpus_per_trial: float, what Ray sets aside for a worker.

    Raises:
        BudgetError: there is to be no worker, or one that has no processor.
        MissingExtra: workers need Ray, and it is not installed.
    """

    workers: int = 1
    cluster: str | None = None
    cpus_per_trial: float = 1.0
    gpus_per_trial: float = 0.0

    def __post_init__(self) -> None:
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
        """Whether trials run in workers, not in this process."""
        return self.workers > 1 or self.cluster is not None

    @property
    def setting_up(self) -> float:
        """Seconds, about, until the first trial of a search trains."""
        return 40.0 if self.parallel else 5.0

    def search(self, runner: TrialRunner, data: str | PathLike) -> None:
        """Runs the search of a `TrialRunner`.

        Args:
            runner: of the search.
            data: folder of its `EncodedData`.
        """
        if not self.parallel:
            return runner.search()
        trainer = runner.trainer
        # On a cluster a trial computes where nobody counts this machine's cores.
        threads = math.ceil(self.cpus_per_trial) if self.cluster else share(self.workers)
        prepare = PrepareTrainer(
            trainer.hypermodel,
            str(data),
            trainer.keras_callbacks,
            trainer.constraints,
            trainer.extra_metrics,
            # On an accelerator the machine's memory is not what counts.
            None if self.gpus_per_trial else threads,
        )
        cpus = math.ceil(self.workers * self.cpus_per_trial)
        with started(cpus, self.cluster) as ray:
            workers = RayWorkerPool(
                ray,
                prepare,
                self.workers,
                threads,
                self.cpus_per_trial,
                self.gpus_per_trial,
                () if self.cluster else core_sets(self.workers),
                here=not self.cluster,
            )
            return Driver(runner, workers).search()


@dataclass(frozen=True, eq=False)
class PrepareTrainer:
    """Makes a `TrialTrainer` in a worker, on the encoded texts of the run folder: no text travels.

    Args:
        hypermodel, keras_callbacks, constraints, extra_metrics: as in `TrialTrainer`.
        data: path of the run's data folder, as every worker sees it.
        threads: int, of the worker, by which its share of the memory is limited; None limits none.
    """

    hypermodel: AttentionHyperModel
    data: str
    keras_callbacks: Callable | Sequence
    constraints: Constraints
    extra_metrics: Callable | None = None
    threads: int | None = None

    def __call__(self) -> TrialTrainer:
        """Opens the data and makes the trainer."""
        if self.threads:
            limit_memory(self.threads)
        data = EncodedData.open(Path(self.data))
        return TrialTrainer(
            self.hypermodel,
            data.training,
            data.validation,
            self.keras_callbacks,
            self.constraints,
            self.extra_metrics,
        )
