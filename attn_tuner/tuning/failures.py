"""When a search has no hope of a model, and how that is said."""

from collections.abc import Collection, Iterable

from attn_tuner.errors import BudgetError, RunError
from attn_tuner.storage.trial_record import RECORD, TrialRecord
from attn_tuner.tuning.duration import format_duration

TURNED_AWAY = 100  # Trials in a row, none ever trained, before limits count as impossible.
ALL_FAILED = 3  # Trials that may fail, none having succeeded, before the search gives up.


def no_hope(records: Collection[TrialRecord], folder) -> str | None:
    """Why the search should give up, or None.

    Args:
        records: of all trials that have ended.
        folder: the run's.
    """
    if any(record.status not in ("failed", "infeasible") for record in records):
        return None
    records = list(records)
    statuses = [record.status for record in records]
    if len(statuses) >= TURNED_AWAY and set(statuses) == {"infeasible"}:
        return (
            f"None of {len(statuses)} configurations keeps within the limits. The last had "
            f"{records[-1].stopped}. Allow more, or narrow the space."
        )
    statuses = [status for status in statuses if status != "infeasible"]
    if len(statuses) >= ALL_FAILED and set(statuses) == {"failed"}:
        return _failures(records, folder)
    return None


def _failures(records: Iterable[TrialRecord], folder) -> str:
    """The sentence on a search that ended for the failures of its trials."""
    failed = [record for record in records if record.status == "failed"]
    return (
        f"The search gave up after {len(failed)} failed trials. The last said: "
        f"{failed[-1].stopped}. The whole traceback is in "
        f"{folder}/trial_{failed[-1].trial_id}/{RECORD}."
    )


def nothing_found(budget, runner):
    """The error of a search that has ended without a model."""
    if not runner.records:
        return BudgetError(
            f"max_time of {format_duration(budget.seconds)} was over before a model could be "
            f"trained; {format_duration(budget.elapsed())} went into reading the data and into "
            "what is kept back for the export. Give more, or fewer texts."
        )
    return RunError("No trial gave a model. Each trial's record.json in the run folder says why.")
