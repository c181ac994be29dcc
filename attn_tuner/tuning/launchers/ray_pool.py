"""A crew of Ray actors, on the cores of this machine or on a cluster."""

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from attn_tuner.errors import RunError, need
from attn_tuner.tuning.launchers.worker import NEWS_PACE, Worker
from attn_tuner.tuning.launchers.worker_pool import OUT_OF_MEMORY, Event
from attn_tuner.tuning.resources import environment, killed, share
from attn_tuner.tuning.trial.spec import TrialSpec

STILLBORN = 2  # Workers that may die before they are up, beside one for each.
STARTING = 300.0  # Seconds in which the first worker should be up.
NEWS_RATE = 100.0  # Words on how far epochs are, of all workers in a second.
CALLS = 4  # That a worker answers at once: training, news, and what it is told.


@contextlib.contextmanager
def started(workers: int, cluster: str | None = None):
    """Ray, for the length of a `with`; what was running before is left running.

    Args:
        workers: how many are to run at once.
        cluster: None starts Ray on this machine; `"auto"` joins the cluster that is running, and an
            address, `"host:6379"` or `"ray://host:10001"`, that one.

    Raises:
        MissingExtra: Ray is not installed.
        RunError: it cannot be started, or there is no cluster at the address.
    """
    ray = need("ray", "ray")
    if ray.is_initialized():
        yield ray
        return
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    # "local": a cluster that happens to run on this machine was not asked for.
    here = {"address": "local", "num_cpus": workers, "include_dashboard": False}
    where = {"address": cluster} if cluster else here
    try:
        ray.init(**where, **quiet)
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        place = f"joined at {cluster!r}" if cluster else "started on this machine"
        reason = str(error).strip().partition("\n")[0]
        raise RunError(f"Ray cannot be {place}: {reason}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


@dataclass
class _Actor:
    """One worker as the driver knows it.

    Args:
        handle: of the Ray actor.
        pending: the call that is waited for: the first sign of life, then the news.
        up: whether it has given a sign of life.
        place: the cores that it stays on; None for all.
        busy: whether it trains.
        training: the call that trains, kept so that Ray does not forget it.
    """

    handle: object
    pending: object
    place: frozenset[int] | None = None
    up: bool = False
    busy: bool = False
    training: list = field(default_factory=list)


class RayWorkerPool:
    """Workers that are Ray actors; one that dies is replaced.

    Args:
        ray: the module, initialised.
        prepare: makes, in the worker, the function that trains a task.
        workers: how many.
        threads: for each; its part of this machine's cores if None.
        cpus, gpus: what Ray is to set aside for each, also fractions.
        places: the cores of each, where all are on this machine; none lets them wander.
        here: whether all are on this machine; they end with this process then.
    """

    def __init__(
        self,
        ray,
        prepare: Callable,
        workers: int,
        threads: int | None = None,
        cpus: float = 1,
        gpus: float = 0,
        places: Sequence[frozenset[int]] = (),
        here: bool = False,
    ):
        self._ray = ray
        # Put aside once: the actors of a machine share it, arrays without a copy.
        self._prepare = ray.put(prepare)
        self._pace = max(NEWS_PACE, workers / NEWS_RATE)
        self._driver = os.getpid() if here else None
        self._part = 1.0  # Of the memory that a worker counts on at first.
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
        self._stillborn = 0
        self._patience = workers + STILLBORN
        for number in range(workers):
            self._hire(places[number] if places else None)

    def idle(self) -> list[str]:
        return [name for name, actor in self._actors.items() if actor.up and not actor.busy]

    def begin(self, worker: str, task: TrialSpec):
        actor = self._actors[worker]
        actor.busy = True
        actor.training = [actor.handle.train.remote(task)]
        actor.pending = actor.handle.news.remote()

    def answer(self, worker: str, reason: str | None):
        self._tell(worker, "answer", reason)

    def stop(self, worker: str):
        self._tell(worker, "stop")

    def dismiss(self, worker: str):
        gone = self._actors.pop(worker)
        self._ray.kill(gone.handle)
        self._hire(gone.place)

    def spare_memory(self):
        self._part /= 2
        for worker in list(self._actors):
            self._tell(worker, "spare_memory", self._part)

    def wait(self, seconds: float) -> list[Event]:
        waiting = {a.pending: name for name, a in self._actors.items() if a.busy or not a.up}
        if not self._ever_up and time.monotonic() - self._began > STARTING:
            raise RunError(
                f"No worker has started within {STARTING:.0f} seconds. Ray may not have what each "
                f"asks for; it has {self._ray.cluster_resources()}."
            )
        if not waiting:
            time.sleep(seconds)
            return []
        done, _ = self._ray.wait(list(waiting), num_returns=1, timeout=seconds)
        # More may have come in by now; one call for all keeps up with a thousand workers.
        done, _ = self._ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
        return [event for call in done for event in self._take(waiting[call], call)]

    def close(self):
        for actor in self._actors.values():
            self._ray.kill(actor.handle)
        self._actors.clear()

    def _hire(self, place):
        handle = self._make.remote(self._prepare, self._part, self._pace, place, self._driver)
        self._actors[next(self._names)] = _Actor(handle, handle.process.remote(), place)

    def _tell(self, worker, what, *words):
        with contextlib.suppress(self._ray.exceptions.RayError):  # The next news tells of a death.
            getattr(self._actors[worker].handle, what).remote(*words)

    def _take(self, name, call) -> list[Event]:
        actor = self._actors[name]
        try:
            found = self._ray.get(call)
        except self._ray.exceptions.RayError as error:
            del self._actors[name]
            self._mourn(actor, error)
            self._hire(actor.place)
            return [Event(name, "died", self._why(error))]
        if not actor.up:
            actor.up = self._ever_up = True
            self._stillborn = 0
            return []
        events = [Event(name, kind, facts) for kind, facts in found]
        if any(event.kind in ("ended", "failed") for event in events):
            actor.busy = False
        else:
            actor.pending = actor.handle.news.remote()
        return events

    def _why(self, error) -> str:
        """What the worker died of, as far as Ray and the system tell."""
        before, self._killed = self._killed, killed()
        if isinstance(error, self._ray.exceptions.OutOfMemoryError) or self._killed > before:
            return OUT_OF_MEMORY
        return _cause(error)

    def _mourn(self, actor, error):
        """Raises RunError where workers die one after the other before they are up."""
        self._stillborn += not actor.up
        if self._stillborn > self._patience:
            raise RunError(f"Workers cannot be started: {_cause(error)}") from error


def _cause(error) -> str:
    """The last line of what Ray says, which names the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__
