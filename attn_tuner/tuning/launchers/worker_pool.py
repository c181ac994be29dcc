"""What a driver asks of its workers, whoever they are."""

from dataclasses import dataclass
from typing import Protocol

from attn_tuner.tuning.trial.spec import TrialSpec

DIED = "the worker died"
OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class Event:
    """What a worker says.

    Args:
        worker: its name.
        kind: "heard" (a dict of news), "judged" (seconds that an evaluation took), "resumable"
            (None), "score" (epochs and score, to be answered), "ended" (a `TrialOutcome`),
            "failed" (cause and traceback) or "died" (why; `OUT_OF_MEMORY` where that is known).
        facts: as the kind has it.
    """

    worker: str
    kind: str
    facts: object = None


class WorkerPool(Protocol):
    """Workers, each of which trains one model at a time."""

    def idle(self) -> list[str]:
        """Names of the workers that are up and have nothing to do."""

    def begin(self, worker: str, task: TrialSpec):
        """Gives an idle worker a task."""

    def answer(self, worker: str, reason: str | None):
        """Answers a score: why the training should end now, or None."""

    def stop(self, worker: str):
        """Asks for the end of the training at its next batch."""

    def dismiss(self, worker: str):
        """Ends a worker by force; a new one takes its place."""

    def spare_memory(self):
        """Has models refused from now on that need half as much memory as was refused before."""

    def wait(self, seconds: float) -> list[Event]:
        """What was said since the last call; waits for the first word so long at most."""

    def close(self):
        """Ends all workers."""
