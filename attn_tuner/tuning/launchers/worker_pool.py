"""What a driver asks of its workers, and what they say, whoever they are."""

from dataclasses import dataclass
from typing import Protocol

from attn_tuner.tuning.events import TrialEvent
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec

DIED = "the worker died"
OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class EvaluationTimed:
    """The model has predicted the validation part.

    Args:
        seconds: float, that it took.
    """

    seconds: float


@dataclass(frozen=True)
class ResumePointSaved:
    """The trial can go on from here."""


@dataclass(frozen=True)
class PruningAsked:
    """The worker waits for an answer: why the trial should end now, or None.

    Args:
        epochs: float, epochs trained so far.
        score: float, of the objective; bigger is better.
        loss: float, smaller is better; None where none is known.
    """

    epochs: float
    score: float
    loss: float | None = None


@dataclass(frozen=True)
class TrainingEnded:
    """The last message of a trial that was trained.

    Args:
        outcome: of the trial.
    """

    outcome: TrialOutcome


@dataclass(frozen=True)
class TrainingFailed:
    """The last message of a trial that raised.

    Args:
        cause: str, the name of the exception, a colon, and its sentence.
        message: str, the traceback.
    """

    cause: str
    message: str


@dataclass(frozen=True)
class WorkerDied:
    """The worker is gone, and its trial with it.

    Args:
        reason: str; `OUT_OF_MEMORY` where that is known.
    """

    reason: str


Content = (
    TrialEvent
    | EvaluationTimed
    | ResumePointSaved
    | PruningAsked
    | TrainingEnded
    | TrainingFailed
    | WorkerDied
)
ENDS = (TrainingEnded, TrainingFailed)  # After these a worker is idle.


@dataclass(frozen=True)
class WorkerMessage:
    """What a worker says.

    Args:
        worker: str, its name.
        content: of the message.
    """

    worker: str
    content: Content


class WorkerPool(Protocol):
    """Workers, each of which trains one model at a time."""

    def idle(self) -> list[str]:
        """Returns the names of the workers that are up and have nothing to do."""

    def begin(self, worker: str, spec: TrialSpec) -> None:
        """Gives an idle worker a trial."""

    def answer(self, worker: str, reason: str | None) -> None:
        """Answers `PruningAsked`: why the training should end now, or None."""

    def stop(self, worker: str) -> None:
        """Asks for the end of the training at its next batch."""

    def dismiss(self, worker: str) -> None:
        """Ends a worker by force; a new one takes its place."""

    def spare_memory(self) -> None:
        """Has models refused from now on that need half as much memory as was refused before."""

    def wait(self, seconds: float) -> list[WorkerMessage]:
        """Returns what was said since the last call; waits so long for the first message."""

    def close(self) -> None:
        """Ends all workers."""
