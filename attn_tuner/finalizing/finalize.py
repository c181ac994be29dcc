"""Ends a search: chooses, calibrates, tests and exports the best model, and records the outcome."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attn_tuner.errors import BudgetError, Infeasible, RunError
from attn_tuner.finalizing.candidates import Candidate, build_candidate, has_weights
from attn_tuner.finalizing.cross_validation import cross_validate
from attn_tuner.finalizing.doubts import DOUBTS_KEPT, doubts_as_asked
from attn_tuner.finalizing.final_model import FinalModel, export_final, final_model
from attn_tuner.finalizing.refit import refit_members
from attn_tuner.finalizing.time_reserve import choose_candidates, few_inputs
from attn_tuner.inputs.dataset import Dataset
from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.layout import BUNDLE, EXPORT, OUTCOME, PROBABILITIES
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import BASELINE_NAMES
from attn_tuner.storage.trial_text import describe_export, describe_rung
from attn_tuner.tuning.budget import Budget, save_clock
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.tuner import TrialRunner

_log = logging.getLogger(__name__)
REFITTED = (
    "The exported model was trained again on training and validation texts; validation scores are "
    "from before."
)
PARTLY_REFITTED = (
    "Of the exported average, {} of {} members were trained again on training and validation "
    "texts; validation scores are from before."
)
NOT_REFITTED = "The exported model was not trained again."


def finalize(
    runner: TrialRunner,
    stored: EncodedData,
    dataset: Dataset,
    budget: Budget,
    directory: Path,
    shown: ProgressPanel,
    learnt: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Chooses a model, measures it on the test part once, exports it and writes the outcome.

    Args:
        runner: a `TrialRunner` with at least one scored trial.
        stored: the run's `EncodedData`.
        dataset: the run's `Dataset`.
        budget: the run's `Budget`.
        directory: the run folder.
        shown: the progress display.
        learnt: facts of a trial that learnt from a teacher, by their key of the outcome.

    Raises:
        BudgetError: no model is within the limits.
        ExportError: the artefact does not reproduce the model's predictions.
        RunError: no trial has its weights any more.
    """
    before, refused = Run.read(directory).outcome, []
    # Damaged files have been removed by now, see `repair`.
    kept = all((directory / each).exists() for each in (BUNDLE, EXPORT, PROBABILITIES))
    exported = before.get("members") if kept else None
    if few_inputs(stored, runner.plan):
        shown.begin("cross-validating the best trials")
        cross_validate(runner, stored)
    found = choose_candidates(runner, stored, before if kept else {})
    as_asked = doubts_as_asked(before, runner.plan)
    fresh = any(before.get(name) != facts for name, facts in learnt.items())
    if not found and not exported:
        raise RunError(
            f"No trial in {directory} has its weights any more, so none can be exported. Restore "
            "its checkpoint files, or continue the search with more trials."
        )
    if exported and (not found or _lost(exported, before, found[0], runner)):
        notes = () if as_asked else (DOUBTS_KEPT,)
        remarks = list(dict.fromkeys([*before.get("remarks", ()), *notes]))
        kept_outcome = {**before, **learnt, "remarks": remarks, "seconds": budget.elapsed()}
        return write_json(directory / OUTCOME, kept_outcome)
    for candidate in found:
        again = fresh and any(each.distilled for each in candidate.trials)
        if exported and candidate.is_exported(before) and as_asked and not again:
            outcome = {**before, **learnt, "seconds": budget.elapsed()}
            return write_json(directory / OUTCOME, outcome)
        shown.begin(f"testing and exporting {describe_export(candidate.shares)}")
        try:
            winner = _prepared(candidate, runner, stored, dataset, budget)
            break
        except Infeasible as reason:
            refused.append(f"Not exported: {describe_export(candidate.shares)}, {reason}.")
            shown.say(refused[-1])
    else:
        raise BudgetError(
            f"No model is within the limits. {' '.join(refused[-1:])} Raise the limits, or narrow "
            "the space."
        )
    taught = learnt if any(each.distilled for each in candidate.trials) else {}
    outcome = export_final(winner, stored, dataset, budget, directory, taught)
    outcome["remarks"] = [*refused, *winner.notes, *_remarks(candidate, runner.interrupted())]
    write_json(directory / OUTCOME, {**outcome, **learnt, "seconds": budget.elapsed()})
    save_clock(budget, directory)
    _log.info(f"exported {describe_export(candidate.shares)} to {directory / EXPORT}")


def _lost(exported: Mapping, before: Mapping, candidate: Candidate, runner: TrialRunner) -> bool:
    """Returns whether the export cannot be made again and beats what could be made now."""
    kept = {record.trial_id for record in runner.ranked() if has_weights(runner, record)}
    if kept.issuperset(each for each in exported if each not in BASELINE_NAMES):
        return False
    objective = runner.plan.objective
    own, other = before.get("validation", {}).get(objective), candidate.measures.get(objective)
    return None not in (own, other) and runner.sign * own >= runner.sign * other


def _prepared(
    candidate: Candidate,
    runner: TrialRunner,
    stored: EncodedData,
    dataset: Dataset,
    budget: Budget,
) -> FinalModel:
    """Builds the model of a candidate: refitted if asked for, calibrated, shrunk, with its sets.

    Raises:
        Infeasible: it exceeds a limit.
    """
    labels = stored.stores["validation"].labels
    again = refit_members(candidate, runner, stored, budget) if runner.plan.refit else {}
    model = build_candidate(candidate, runner, labels, again)
    found = final_model(candidate, model, stored, dataset, runner.plan)
    notes = found.notes
    if again or runner.plan.asked.get("refit"):  # By default it is done only where there is time.
        notes = (*notes, _refit_note(len(again), len(candidate.records)))
    return replace(found, notes=notes, refit=bool(again))


def _refit_note(again: int, members: int) -> str:
    """Says how many members were trained again."""
    if again in (0, members):
        return REFITTED if again else NOT_REFITTED
    return PARTLY_REFITTED.format(again, members)


def _remarks(candidate: Candidate, interrupted: bool) -> list[str]:
    return [*_on_rung(candidate), *_hurried(candidate, interrupted)]


def _on_rung(candidate: Candidate) -> list[str]:
    """Says what the best trial was trained with, where its rung is not the highest."""
    winner = candidate.trials[0]
    if winner.share == 1:
        return []
    return [
        f"Trial {winner.trial_id} was trained on a rung with {winner.share:.0%} of the resources "
        f"of a full trial: {describe_rung(winner)}."
    ]


def _hurried(candidate: Candidate, interrupted: bool) -> list[str]:
    """Says that the best trial was stopped within its first epoch, and by what."""
    winner = candidate.trials[0]
    seen = max((each.get("epochs", 0.0) for each in winner.history), default=1.0)
    if winner.status != "cut" or seen >= 1:
        return []
    read = f"The best trial saw {seen:.0%} of the training texts"
    if interrupted:
        return [f"{read} before the search was stopped. The same call on the same folder goes on."]
    return [
        f"{read}: the time limit is too short for one epoch. Raise max_time and run the same call "
        "again on the same folder."
    ]
