"""Defines what a driver asks of a pool of workers, and the messages that workers send."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from attn_tuner.tuning.events import TrialEvent
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec

DIED = "the worker died"
OUT_OF_MEMORY = "out of memory"
EVALUATE = "there is no model yet"  # Answers `EvaluationAsked`.


@dataclass(frozen=True)
class WorkerReady:
    """The first message of a worker process: it can train."""


@dataclass(frozen=True)
class EvaluationTimed:
    """The model has predicted the validation part.

    Args:
        seconds: float, time that it took.
    """

    seconds: float


@dataclass(frozen=True)
class ResumePointSaved:
    """A resume point has been written, from which the trial can continue."""


@dataclass(frozen=True)
class PruningAsked:
    """The worker waits for the pruner's answer: the reason to prune the trial, or None.

    Args:
        epochs: float, epochs trained so far.
        score: float, the objective; higher is better.
        loss: float, lower is better; None if unknown.
    """

    epochs: float
    score: float
    loss: float | None = None


@dataclass(frozen=True)
class SpeedMeasured:
    """The worker waits for the answer to its speed: the reason to stop the trial, or None.

    Args:
        epoch_seconds: float, seconds that an epoch takes.
    """

    epoch_seconds: float


@dataclass(frozen=True)
class EvaluationAsked:
    """The worker, stopped before the first evaluation, waits for an answer: `EVALUATE`, or None."""


@dataclass(frozen=True)
class TrainingEnded:
    """The last message of a trial that was trained.

    Args:
        outcome: the trial's outcome.
    """

    outcome: TrialOutcome


@dataclass(frozen=True)
class TrainingFailed:
    """The last message of a trial whose training raised an exception.

    Args:
        cause: str, the name of the exception, a colon, and its sentence.
        message: str, the traceback.
    """

    cause: str
    message: str


@dataclass(frozen=True)
class WorkerDied:
    """The worker's process has ended, and with it the training of its trial.

    Args:
        reason: str, the cause; `OUT_OF_MEMORY` if that is known.
    """

    reason: str


Content = (
    TrialEvent
    | EvaluationTimed
    | ResumePointSaved
    | PruningAsked
    | SpeedMeasured
    | EvaluationAsked
    | TrainingEnded
    | TrainingFailed
    | WorkerDied
)
ENDS = (TrainingEnded, TrainingFailed)  # After these a worker is idle.


@dataclass(frozen=True)
class WorkerMessage:
    """A message from a worker.

    Args:
        worker: str, name of the worker.
        content: the message.
    """

    worker: str
    content: Content


@dataclass(frozen=True)
class WorkerOptions:
    """What a search asks of its workers.

    Args:
        workers: int, number of workers.
        threads: int, threads of each.
        cluster: str, address of a cluster; None for this machine.
        cpus, gpus: float, what a cluster reserves for each.
    """

    workers: int
    threads: int = 1
    cluster: str | None = None
    cpus: float = 1.0
    gpus: float = 0.0


class PoolLauncher(Protocol):
    """The interface of a member of `launchers`.

    It is made before the search begins, and raises an `AttnTunerError` if it cannot start workers.
    It may have a method `early()`, a context manager in which it starts what `start` will need: a
    search enters it before the texts are encoded.

    Args:
        options: the `WorkerOptions`.
    """

    def start(self, prepare: Callable[[], Any]) -> "AbstractContextManager[WorkerPool]":
        """Starts the workers, for the length of a `with` block.

        Args:
            prepare: function without arguments that is called in the worker and makes the function
                that trains a `TrialSpec` under `TrialCallbacks`. It can be pickled.
        """


class WorkerPool(Protocol):
    """The interface of a set of workers, each of which trains one model at a time."""

    def idle(self) -> list[str]:
        """Returns the names of the workers that have started and are not training."""

    def begin(self, worker: str, spec: TrialSpec) -> None:
        """Gives an idle worker a trial."""

    def answer(self, worker: str, reason: str | None) -> None:
        """Answers `PruningAsked` with a reason, `EvaluationAsked` with `EVALUATE`; or with None."""

    def stop(self, worker: str) -> None:
        """Asks a worker to end its training at the next batch."""

    def dismiss(self, worker: str) -> None:
        """Kills a worker and starts a new one in its place."""

    def spare_memory(self) -> None:
        """Halves the memory limit above which models are refused."""

    def wait(self, seconds: float) -> list[WorkerMessage]:
        """Returns the messages since the last call; waits up to `seconds` for the first."""

    def close(self) -> None:
        """Ends all workers."""
