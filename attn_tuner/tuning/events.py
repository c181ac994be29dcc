"""What happens to the trials of a search, for whoever watches it.

    def on_event(event: TrialEvent):
        match event:
            case TrialEnded(trial_id=name, record=record):
                print(name, record.score)

A `TrialRunner` calls its listener with these, in the order in which they happen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from attn_tuner.storage.trial_record import TrialRecord


@dataclass(frozen=True)
class TrialEvent:
    """Something that happened to a trial.

    Args:
        trial_id: str, KerasTuner's name of the trial.
    """

    trial_id: str


@dataclass(frozen=True)
class TrialStarted(TrialEvent):
    """A trial starts, or goes on from its resume point.

    Args:
        values: hyperparameters by name.
    """

    values: dict = field(hash=False)


@dataclass(frozen=True)
class EpochProgress(TrialEvent):
    """A batch is done. Comes a few times a second at most from a worker.

    Args:
        epoch: int, epochs that are done.
        fraction: float in [0, 1], how much of the next epoch is done.
    """

    epoch: int
    fraction: float


@dataclass(frozen=True)
class Evaluated(TrialEvent):
    """A model was evaluated on the validation part.

    Args:
        epoch: int, epochs that are done.
        metrics: floats by name, as in `TrainingProgress.history`.
    """

    epoch: int
    metrics: dict = field(hash=False)


@dataclass(frozen=True)
class TrialEnded(TrialEvent):
    """A trial has ended, well or not.

    Args:
        record: what was written down of it.
    """

    record: TrialRecord


@dataclass(frozen=True)
class Remark(TrialEvent):
    """A trial that has a score could not go on; the score stays.

    Args:
        text: str, why, as a sentence.
    """

    text: str


Listener = Callable[[TrialEvent], None]


def ignore(event: TrialEvent) -> None:
    """Listens to nothing."""
