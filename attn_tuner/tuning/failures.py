"""Records failed trials, and decides when failures end the search."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from os import PathLike

from keras_tuner.engine.trial import Trial

from attn_tuner.errors import AttnTunerError, BudgetError, Infeasible, RunError
from attn_tuner.storage.layout import RECORD, trial_dir
from attn_tuner.storage.plan import trial_seed
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.duration import format_duration

MAX_INFEASIBLE = 100  # Infeasible trials, without any other, after which the search gives up.
MAX_FAILED = 3  # Failed trials, without a success, after which the search gives up.
_REFUSED = f"{Infeasible.__name__}: "


def failure_record(trial: Trial, cause: str, message: str, seed: int, ended: float) -> TrialRecord:
    """Makes the record of a trial without a score.

    One that breaks a constraint is infeasible, not failed.

    Args:
        trial: KerasTuner's trial.
        cause: str, the name of the exception, a colon, and its sentence.
        message: str, the traceback.
        seed: int, seed of the search.
        ended: float, seconds since the search began.
    """
    return TrialRecord(
        trial_id=trial.trial_id,
        status="infeasible" if cause.startswith(_REFUSED) else "failed",
        values=dict(trial.hyperparameters.values),
        stopped=cause.removeprefix(_REFUSED),
        seed=trial_seed(seed, trial.trial_id),
        ended=ended,
        message=message,
    )


def with_remark(known: TrialRecord, cause: str, message: str) -> TrialRecord:
    """Returns the record of a trial that has a score and could not continue: the score stays.

    Args:
        known: the record before.
        cause: str, the name of the exception, a colon, and its sentence.
        message: str, the traceback.
    """
    return replace(known, remark=f"It could not go on: {cause}", message=message)


def with_failed_repeat(known: TrialRecord, number: int, cause: str, message: str) -> TrialRecord:
    """Returns the record of a trial of which a repeat failed; score and repeats stay.

    Args:
        known: the record before.
        number: int, the repeat, from 1.
        cause: str, the name of the exception, a colon, and its sentence.
        message: str, the traceback.
    """
    return replace(known, remark=f"Repeat {number} failed: {cause}", message=message)


def reason_to_give_up(records: Collection[TrialRecord], folder: str | PathLike) -> str | None:
    """Returns the reason to end the search because of failures, or None.

    Args:
        records: records of all ended trials.
        folder: the run folder.
    """
    if any(record.status not in ("failed", "infeasible") for record in records):
        return None
    records = list(records)
    statuses = [record.status for record in records]
    if len(statuses) >= MAX_INFEASIBLE and set(statuses) == {"infeasible"}:
        return (
            f"None of {len(statuses)} configurations keeps within the limits. The last had "
            f"{records[-1].stopped}. Allow more, or narrow the space."
        )
    statuses = [status for status in statuses if status != "infeasible"]
    if len(statuses) >= MAX_FAILED and set(statuses) == {"failed"}:
        return _failures(records, folder)
    return None


def _failures(records: Iterable[TrialRecord], folder: str | PathLike) -> str:
    """Writes the sentence for a search that ends because its trials failed."""
    failed = [record for record in records if record.status == "failed"]
    return (
        f"The search gave up after {len(failed)} failed trials. The last said: "
        f"{failed[-1].stopped}. The whole traceback is in "
        f"{trial_dir(folder, failed[-1].trial_id) / RECORD}."
    )


def nothing_found(budget: Budget, records: Collection[TrialRecord]) -> AttnTunerError:
    """Makes the error of a search that has ended without a model."""
    if not records:
        return BudgetError(
            f"max_time of {format_duration(budget.seconds)} was too short to train a model: "
            f"{format_duration(budget.elapsed())} went into reading the data and into "
            "the time reserved for the export. Give more time, or fewer texts."
        )
    return RunError(f"No trial gave a model. Each trial's {RECORD} in the run folder says why.")
