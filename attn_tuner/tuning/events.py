"""Defines the events of a search's trials, for progress displays and logs.

    def on_event(event: TrialEvent):
        match event:
            case TrialEnded(trial_id=name, record=record):
                print(name, record.score)

A `TrialRunner` passes them to its listener in the order in which they happen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from attn_tuner.storage.trial_record import TrialRecord


@dataclass(frozen=True)
class TrialEvent:
    """The base class of events.

    Args:
        trial_id: str, KerasTuner's ID of the trial.
    """

    trial_id: str


@dataclass(frozen=True)
class TrialStarted(TrialEvent):
    """A trial starts, or continues from its resume point.

    Args:
        values: dict of hyperparameter names to values.
    """

    values: dict = field(hash=False)


@dataclass(frozen=True)
class EpochProgress(TrialEvent):
    """A batch is completed. Workers report at most a few a second.

    Args:
        epoch: int, completed epochs.
        fraction: float in [0, 1], completed part of the current epoch.
    """

    epoch: int
    fraction: float


@dataclass(frozen=True)
class Evaluated(TrialEvent):
    """A model was evaluated on the validation part.

    Args:
        epoch: int, completed epochs.
        metrics: floats by name, as in `TrainingProgress.history`.
    """

    epoch: int
    metrics: dict = field(hash=False)


@dataclass(frozen=True)
class TrialEnded(TrialEvent):
    """A trial has ended, with or without a score.

    Args:
        record: the trial's record.
    """

    record: TrialRecord


@dataclass(frozen=True)
class Remark(TrialEvent):
    """Something went wrong in a trial that goes on or keeps its score.

    Args:
        text: str, what to tell the user; "trial 0007" goes before it.
    """

    text: str


Listener = Callable[[TrialEvent], None]


def ignore(event: TrialEvent) -> None:
    """A listener that does nothing."""
