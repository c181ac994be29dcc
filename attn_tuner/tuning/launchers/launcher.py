"""Chooses where the trials of a search run: in this process, or among workers."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import keras

from attn_tuner.errors import BudgetError, need
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.registry import Variant, parts_of_callers, registry_of
from attn_tuner.tuning.constraints import Constraints
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.process_pool import ProcessWorkerPool
from attn_tuner.tuning.launchers.ray_pool import RayWorkerPool, started
from attn_tuner.tuning.launchers.worker_pool import WorkerPool
from attn_tuner.tuning.resources import core_sets, limit_memory, share
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.tuner import TrialRunner


@dataclass(frozen=True)
class Launcher:
    """How many trials run at once, and where.

        with Launcher(workers=2).opened(runner, data_folder) as run:
            run()

    Args:
        workers: int, trials at once, each in a process of its own. One, without a cluster, is
            trained in this process.
        cluster: str, address of a Ray cluster, `"auto"` for the one that runs here; None for this
            machine alone.
        cpus_per_trial, gpus_per_trial: float, what Ray sets aside for a worker of a cluster.

    Raises:
        BudgetError: there is to be no worker, or one that has no processor.
        MissingExtra: a cluster needs Ray, and it is not installed.
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
        if self.cluster is not None:
            need("ray", "ray")

    @property
    def parallel(self) -> bool:
        """Whether trials run in workers, not in this process."""
        return self.workers > 1 or self.cluster is not None

    @contextlib.contextmanager
    def opened(self, runner: TrialRunner, data: str | PathLike) -> Iterator[Callable[[], None]]:
        """Starts the workers for the length of a `with`; yields a function that runs trials.

            with launcher.opened(runner, data) as run:
                run()

        Each call goes on until the oracle has no more, the time is over or the user interrupts.

        Args:
            runner: of the search.
            data: folder of its `EncodedData`.
        """
        if not self.parallel:
            yield runner.search
            return
        with self._pool(self._prepared(runner, data)) as workers, contextlib.closing(workers):
            yield lambda: Driver(runner, workers).run()

    @contextlib.contextmanager
    def _pool(self, prepare: "PrepareTrainer") -> Iterator[WorkerPool]:
        if not self.cluster:
            yield ProcessWorkerPool(prepare, self.workers, self._threads, core_sets(self.workers))
            return
        with started(math.ceil(self.workers * self.cpus_per_trial), self.cluster) as ray:
            yield RayWorkerPool(
                ray, prepare, self.workers, self._threads, self.cpus_per_trial, self.gpus_per_trial
            )

    @property
    def _threads(self) -> int:
        # On a cluster a trial computes where nobody counts this machine's cores.
        return math.ceil(self.cpus_per_trial) if self.cluster else share(self.workers)

    def _prepared(self, runner: TrialRunner, data: str | PathLike) -> "PrepareTrainer":
        trainer = runner.trainer
        return PrepareTrainer(
            trainer.hypermodel,
            str(data),
            trainer.keras_callbacks,
            trainer.constraints,
            trainer.extra_metrics,
            # On an accelerator the machine's memory is not what counts.
            None if self.gpus_per_trial else self._threads,
            keras.config.dtype_policy().name,
            parts_of_callers(),
        )


@dataclass(frozen=True, eq=False)
class PrepareTrainer:
    """Makes a `TrialTrainer` in a worker, on the encoded texts of the run folder: no text travels.

    Args:
        hypermodel, keras_callbacks, constraints, extra_metrics: as in `TrialTrainer`.
        data: path of the run's data folder, as every worker sees it.
        threads: int, of the worker, by which its share of the memory is limited; None limits none.
        dtype_policy: str, name of Keras' dtype policy in this process.
        parts: by kind, what the user's script has registered.
    """

    hypermodel: AttentionHyperModel
    data: str
    keras_callbacks: Callable | Sequence
    constraints: Constraints
    extra_metrics: Callable | None = None
    threads: int | None = None
    dtype_policy: str = "float32"
    parts: Mapping[str, Sequence[Variant]] = field(default_factory=dict)

    def __call__(self) -> TrialTrainer:
        """Opens the data and makes the trainer."""
        keras.config.set_dtype_policy(self.dtype_policy)
        for kind, variants in self.parts.items():
            registry_of(kind).take(variants)
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
