"""A pool of workers that are Ray actors, on this machine or on a cluster."""

import contextlib
import itertools
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from attn_tuner.errors import RunError, need
from attn_tuner.tuning.launchers import launchers
from attn_tuner.tuning.launchers.worker import PROGRESS_INTERVAL, Worker
from attn_tuner.tuning.launchers.worker_pool import (
    ENDS,
    OUT_OF_MEMORY,
    WorkerDied,
    WorkerMessage,
    WorkerOptions,
)
from attn_tuner.tuning.resources import core_sets, environment, killed, share
from attn_tuner.tuning.trial.spec import TrialSpec

MAX_FAILED_STARTS = 2  # Workers, besides one for each, that may die before they have started.
STARTING_TIME = 300.0  # Seconds in which the first worker should start.
PROGRESS_RATE = 100.0  # `EpochProgress` events of all workers in a second.
CALLS = 4  # Concurrent calls of a worker: training, messages, and commands.


@contextlib.contextmanager
def started(cpus: int, cluster: str | None = None) -> Iterator[ModuleType]:
    """Starts Ray, or connects to it, for the length of a `with` block.

    A Ray that was initialized before is used and left running.

    Args:
        cpus: int, CPUs of a Ray that is started here.
        cluster: str, address of a cluster, `"host:6379"` or `"ray://host:10001"`; `"auto"` for the
            one that runs here; None starts Ray on this machine.

    Yields:
        The module `ray`.

    Raises:
        MissingExtra: Ray is not installed.
        RunError: it cannot be started, or there is no cluster at the address.
    """
    ray = need("ray", "ray")
    if ray.is_initialized():
        yield ray
        return
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    # "local": else Ray would join a cluster that happens to run on this machine.
    here = {"address": "local", "num_cpus": cpus, "include_dashboard": False}
    where = {"address": cluster} if cluster else here
    try:
        ray.init(**where, **quiet)
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        done = f"joined at {cluster!r}" if cluster else "started on this machine"
        reason = str(error).strip().partition("\n")[0]
        raise RunError(f"Ray cannot be {done}: {reason}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


@launchers.register("ray")
class RayLauncher:
    """Ray actors, on the machines of a cluster or on this one.

    Args:
        options: number of workers, the cluster, and what Ray reserves for each.

    Raises:
        MissingExtra: Ray is not installed.
    """

    def __init__(self, options: WorkerOptions):
        need("ray", "ray")
        self._options = options

    @contextlib.contextmanager
    def start(self, prepare: Callable[[], Any]) -> Iterator["RayWorkerPool"]:
        options = self._options
        with started(math.ceil(options.workers * options.cpus), options.cluster) as ray:
            yield RayWorkerPool(
                ray,
                prepare,
                options.workers,
                options.threads,
                options.cpus,
                options.gpus,
                () if options.cluster else core_sets(options.workers),
                here=not options.cluster,
            )


@dataclass
class _Actor:
    """A worker of the pool.

    Args:
        handle: handle of the Ray actor.
        pending: the call whose result is awaited: first the process ID, then messages.
        cpus: the cores that it is pinned to; None for all.
        up: bool, whether it has started.
        busy: bool, whether it trains.
        training: reference to the call that trains, without which Ray would cancel it.
    """

    handle: object
    pending: object
    cpus: frozenset[int] | None = None
    up: bool = False
    busy: bool = False
    training: list = field(default_factory=list)


class RayWorkerPool:
    """A pool of Ray actors; one that dies is replaced.

    Args:
        ray: the module `ray`, initialized.
        prepare: function that is called in the worker and makes the function that trains a trial.
        workers: int, number of workers.
        threads: int, threads of a worker; None for its share of this machine's cores.
        cpus, gpus: float, what Ray reserves for a worker.
        pinned: the cores of each worker, if all are on this machine; empty to not pin them.
        here: bool, whether all workers are on this machine and should end with this process.
    """

    def __init__(
        self,
        ray: ModuleType,
        prepare: Callable,
        workers: int,
        threads: int | None = None,
        cpus: float = 1,
        gpus: float = 0,
        pinned: Sequence[frozenset[int]] = (),
        here: bool = False,
    ):
        self._ray = ray
        # Stored once: the actors of a machine share it, arrays without a copy.
        self._prepare = ray.put(prepare)
        self._interval = max(PROGRESS_INTERVAL, workers / PROGRESS_RATE)
        self._driver = os.getpid() if here else None
        self._part = 1.0  # Of a worker's initial memory limit.
        self._killed = killed()
        self._make = ray.remote(Worker).options(
            num_cpus=cpus,
            num_gpus=gpus,
            max_concurrency=CALLS,
            runtime_env={"env_vars": environment(threads or share(workers))},
        )
        self._names = (f"worker {number}" for number in itertools.count())
        self._actors: dict[str, _Actor] = {}
        self._ever_up = False
        self._began = time.monotonic()
        self._failed_starts = 0
        self._max_failed_starts = workers + MAX_FAILED_STARTS
        for number in range(workers):
            self._hire(pinned[number] if pinned else None)

    def idle(self) -> list[str]:
        return [name for name, actor in self._actors.items() if actor.up and not actor.busy]

    def begin(self, worker: str, spec: TrialSpec) -> None:
        actor = self._actors[worker]
        actor.busy = True
        actor.training = [actor.handle.train.remote(spec)]
        actor.pending = actor.handle.messages.remote()

    def answer(self, worker: str, reason: str | None) -> None:
        self._tell(worker, "answer", reason)

    def stop(self, worker: str) -> None:
        self._tell(worker, "stop")

    def dismiss(self, worker: str) -> None:
        gone = self._actors.pop(worker)
        self._ray.kill(gone.handle)
        self._hire(gone.cpus)

    def spare_memory(self) -> None:
        self._part /= 2
        for worker in list(self._actors):
            self._tell(worker, "spare_memory", self._part)

    def wait(self, seconds: float) -> list[WorkerMessage]:
        waiting = {a.pending: name for name, a in self._actors.items() if a.busy or not a.up}
        if not self._ever_up and time.monotonic() - self._began > STARTING_TIME:
            raise RunError(
                f"No worker has started within {STARTING_TIME:.0f} seconds. Ray may not have what "
                f"each asks for; it has {self._ray.cluster_resources()}."
            )
        if not waiting:
            time.sleep(seconds)
            return []
        done, _ = self._ray.wait(list(waiting), num_returns=1, timeout=seconds)
        # Collects all messages with one call, which keeps up with a thousand workers.
        done, _ = self._ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
        return [said for call in done for said in self._take(waiting[call], call)]

    def close(self) -> None:
        for actor in self._actors.values():
            self._ray.kill(actor.handle)
        self._actors.clear()

    def _hire(self, cpus: frozenset[int] | None) -> None:
        handle = self._make.remote(self._prepare, self._part, self._interval, cpus, self._driver)
        self._actors[next(self._names)] = _Actor(handle, handle.process.remote(), cpus)

    def _tell(self, worker: str, method: str, *arguments: object) -> None:
        with contextlib.suppress(self._ray.exceptions.RayError):  # `wait` reports a death.
            getattr(self._actors[worker].handle, method).remote(*arguments)

    def _take(self, name: str, call: object) -> list[WorkerMessage]:
        actor = self._actors[name]
        try:
            found = self._ray.get(call)
        except self._ray.exceptions.RayError as error:
            del self._actors[name]
            self._check_starts(actor, error)
            self._hire(actor.cpus)
            return [WorkerMessage(name, WorkerDied(self._why(error)))]
        if not actor.up:
            actor.up = self._ever_up = True
            self._failed_starts = 0
            return []
        if any(isinstance(content, ENDS) for content in found):
            actor.busy = False
        else:
            actor.pending = actor.handle.messages.remote()
        return [WorkerMessage(name, content) for content in found]

    def _why(self, error: Exception) -> str:
        """Returns why the worker died, as far as Ray and the system report it."""
        before, self._killed = self._killed, killed()
        if isinstance(error, self._ray.exceptions.OutOfMemoryError) or self._killed > before:
            return OUT_OF_MEMORY
        return _cause(error)

    def _check_starts(self, actor: _Actor, error: Exception) -> None:
        """Raises RunError if workers die one after the other before they have started."""
        self._failed_starts += not actor.up
        if self._failed_starts > self._max_failed_starts:
            raise RunError(f"Workers cannot be started: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """Returns the last line of a Ray error, which names the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__
