"""Chooses where the trials of a search run: in this process, or among workers."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

import keras

from attn_tuner.errors import BudgetError
from attn_tuner.registry import Variant, registry_of, user_parts
from attn_tuner.space.space_hypermodel import SpaceHyperModel
from attn_tuner.tuning.constraints import Constraints
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.launchers import launchers
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.worker_pool import PoolLauncher, WorkerOptions
from attn_tuner.tuning.resources import limit_memory, share
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
        cpus_per_trial, gpus_per_trial: float, what Ray reserves for a worker of a cluster.
        name: str, a member of `launchers`; None for "ray" with a cluster, else "processes".
        pools: the member that has started processes early, see `early`.

    Raises:
        BudgetError: there is to be no worker, or one that has no processor.
        MissingExtra: the launcher needs a package that is not installed.
        UnknownName: there is no launcher of that name.
    """

    workers: int = 1
    cluster: str | None = None
    cpus_per_trial: float = 1.0
    gpus_per_trial: float = 0.0
    name: str | None = None
    pools: PoolLauncher | None = field(default=None, repr=False, compare=False)

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
            self._pools()  # Raises now, before the data are read.

    @property
    def parallel(self) -> bool:
        """Whether trials run in workers, not in this process."""
        return self.workers > 1 or self.cluster is not None or self.name is not None

    @contextlib.contextmanager
    def early(self) -> Iterator["Launcher"]:
        """Lets a launcher that can start its processes before they are needed do so.

        Yields the launcher whose `opened` uses them, within the `with` block.
        """
        pools = self._pools() if self.parallel else None
        with getattr(pools, "early", contextlib.nullcontext)():
            yield replace(self, pools=pools)

    @contextlib.contextmanager
    def opened(
        self,
        runner: TrialRunner,
        data: str | PathLike,
        open_data: Callable[[Path], Any] = EncodedData.open,
    ) -> Iterator[Callable[[], None]]:
        """Starts the workers for the length of a `with`; yields a function that runs trials.

            with launcher.opened(runner, data) as run:
                run()

        Each call runs trials until the oracle stops, the time limit is reached, or the user
        interrupts.

        Args:
            runner: of the search.
            data: folder of its encoded texts.
            open_data: function of that folder that returns what a worker trains on.
        """
        if not self.parallel:
            yield runner.search
            return
        trainer = runner.trainer
        prepare = PrepareTrainer(
            trainer.hypermodel,
            str(data),
            trainer.keras_callbacks,
            trainer.constraints,
            trainer.extra_metrics,
            # On an accelerator the machine's memory is not what counts.
            None if self.gpus_per_trial else self._threads,
            keras.config.dtype_policy().name,
            user_parts(),
            trainer.evaluation,
            open_data,
        )
        with self._pools().start(prepare) as pool, contextlib.closing(pool):
            yield lambda: Driver(runner, pool).run()

    @property
    def _threads(self) -> int:
        """Threads of a worker."""
        # The cores of this machine do not count for a trial on a cluster.
        return math.ceil(self.cpus_per_trial) if self.cluster else share(self.workers)

    def _pools(self) -> PoolLauncher:
        if self.pools is not None:
            return self.pools
        options = WorkerOptions(
            self.workers, self._threads, self.cluster, self.cpus_per_trial, self.gpus_per_trial
        )
        return launchers[self.name or ("ray" if self.cluster else "processes")](options)


@dataclass(frozen=True, eq=False)
class PrepareTrainer:
    """Makes a `TrialTrainer` in a worker, on the encoded texts of the run folder: no text travels.

    Args:
        hypermodel, keras_callbacks, constraints, extra_metrics: as in `TrialTrainer`.
        data: path of the run's data folder, as every worker sees it.
        threads: int, of the worker, by which its share of the memory is limited; None limits none.
        dtype_policy: str, name of Keras' dtype policy in this process.
        parts: by kind, what the user's script has registered.
        evaluation: as in `TrialTrainer`.
        open_data: function of that folder that returns what has `training` and `validation`.
    """

    hypermodel: SpaceHyperModel
    data: str
    keras_callbacks: Callable | Sequence
    constraints: Constraints
    extra_metrics: Callable | None = None
    threads: int | None = None
    dtype_policy: str = "float32"
    parts: Mapping[str, Sequence[Variant]] = field(default_factory=dict)
    evaluation: Callable | None = None
    open_data: Callable[[Path], Any] = EncodedData.open

    def __call__(self) -> TrialTrainer:
        """Opens the data and makes the trainer."""
        keras.config.set_dtype_policy(self.dtype_policy)
        for kind, variants in self.parts.items():
            registry_of(kind).add(variants)
        if self.threads:
            limit_memory(self.threads)
        data = self.open_data(Path(self.data))
        return TrialTrainer(
            self.hypermodel,
            data.training,
            data.validation,
            self.keras_callbacks,
            self.constraints,
            self.extra_metrics,
            self.evaluation,
        )
