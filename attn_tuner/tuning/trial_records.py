"""Keeps the records of a run's trials in memory and on disk."""

from collections import UserDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from attn_tuner.storage.trial_record import TrialRecord, ranked
from attn_tuner.tuning.trial.callbacks import INTERRUPTED, PRUNED, TIME_OVER
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec


class RecordBook(UserDict[str, TrialRecord]):
    """The records of trials, by trial ID.

    Args:
        records: records in the run folder.
        trial_dir: function of a trial ID that returns the trial's folder.
        sign: 1 if a higher score is better, -1 if a lower one is.
    """

    def __init__(
        self, records: Mapping[str, TrialRecord], trial_dir: Callable[[str], str], sign: int
    ):
        super().__init__(records)
        self.trial_dir = trial_dir
        self.sign = sign

    def write(self, record: TrialRecord) -> None:
        """Writes a record to its trial's folder, and adds it."""
        folder = Path(self.trial_dir(record.trial_id))
        folder.mkdir(parents=True, exist_ok=True)
        record.save(folder)
        self[record.trial_id] = record

    def ranked(self, among: Collection[str] | None = None) -> list[TrialRecord]:
        """Returns the records that have a score, best first.

        Args:
            among: IDs of trials; None for all.
        """
        return ranked((self[name] for name in (self if among is None else among)), self.sign)


def record_of(spec: TrialSpec, outcome: TrialOutcome, goal: str, ended: float) -> TrialRecord:
    """Makes the record of a trial that was evaluated.

    Args:
        spec: the input of its training.
        outcome: the output.
        goal: str, the metric that is its score.
        ended: float, seconds since the search began.
    """
    return TrialRecord(
        trial_id=spec.trial_id,
        status=_status(outcome.stopped),
        values=spec.values,
        score=outcome.metrics[goal],
        metrics=outcome.metrics,
        history=outcome.history,
        stopped=outcome.stopped,
        seconds=outcome.seconds,
        parameters=outcome.parameters,
        seed=spec.seed,
        ended=ended,
        latency_ms=outcome.latency_ms,
        share=spec.allocation.share,
        used=spec.allocation.used,
    )


def _status(stopped: str) -> str:
    if stopped.startswith((TIME_OVER, INTERRUPTED)):
        return "cut"
    return "pruned" if stopped.startswith(PRUNED) else "completed"


def merged(
    known: TrialRecord | None, new: TrialRecord, spec: TrialSpec, outcome: TrialOutcome
) -> TrialRecord:
    """Returns the new record, or the known one, updated, if it has the better score.

    Args:
        known: the trial's record from an earlier sitting, or None.
        new: its record now.
        spec: the input of its training.
        outcome: the output.
    """
    if known is None or known.score is None or spec.improves(outcome.metrics):
        return new
    return replace(known, status=new.status, stopped=new.stopped, seconds=new.seconds)
