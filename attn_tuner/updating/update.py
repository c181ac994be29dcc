"""update(): trains the model of a search on with new rows and new classes."""

from dataclasses import replace
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.baselines.background import BackgroundBaselines
from attn_tuner.errors import DataError, Infeasible
from attn_tuner.finalizing.candidates import build_candidate
from attn_tuner.finalizing.final_model import FinalModel, export_final, final_model
from attn_tuner.metrics import columns_of
from attn_tuner.search_result import SearchResult
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.derived_run import derived_run
from attn_tuner.storage.layout import EXPORT, LEARNT_FROM, LINEAR, OUTCOME, UPDATES
from attn_tuner.storage.lock import held
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import LINEAR_NAME
from attn_tuner.storage.validation_data import Validation
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.duration import parse_duration
from attn_tuner.updating.joined_data import JoinedData, join, save
from attn_tuner.updating.members import RunTrials, averaged, train_members
from attn_tuner.updating.new_rows import NewRows, read_rows
from attn_tuner.updating.source_run import (
    budget_for,
    require_classes,
    search_seconds,
)
from attn_tuner.updating.updated import ALLOWED_LOSS, ALLOWED_TAKEN, Allowed, Updated, most_taken
from attn_tuner.verbosity import silence

TIME_SHARE = 0.18  # Of the time limit of the search, of which an update takes about a fifth.
LEAST_SECONDS = 25.0


class UpdateRefused(DataError):
    """The model would answer the classes of its search worse, or be larger, than is allowed."""


def update(
    run: str | PathLike,
    data: Any,
    *,
    text: str | list[str] | None = None,
    label: str | None = None,
    allow_loss: float = ALLOWED_LOSS,
    allow_taken: float = ALLOWED_TAKEN,
    max_time: str | float | timedelta | None = None,
    out: str | PathLike | None = None,
) -> SearchResult:
    """Trains the model of a search on with new rows; writes a run folder of its own.

    The trials in the export are trained on with the new rows and with a replay of the texts of the
    search. A label that is no class of the search is a new class. The linear member is fitted
    again; temperature, thresholds, prediction sets and the limit for known texts are learnt again.
    Words that occur twice in the new rows enter the vocabulary. A tenth of the new rows is held out
    and joins the validation texts.

    Args:
        run: the run folder of a search that has ended, or of an update. It is left as it is.
        data: the rows, as `search` takes them.
        text: str, column of the texts, or a list of columns to join; as in the search if not given.
        label: str, column of the labels; as in the search if not given.
        allow_loss: float, points by which the accuracy among the classes of the search may fall, on
            its validation texts.
        allow_taken: float, percent of these texts that may be taken for a new class; of the texts
            of one class five times as many, where that is clear at 95 %.
        max_time: time limit, as of `search`. By default an update is not stopped by the clock: it
            trains as long as takes 18 % of the time of the search, but 25 seconds at least, at the
            pace of the search, however busy the machine is.
        out: a new folder; `RUN/updates/1` and so on if not given.

    Raises:
        UpdateRefused: more would be lost on the classes of the search or taken for new classes, or
            the larger model is not within its limits. Nothing is written.
        DataError: no row can be learnt from, or the search was for several labels, numbers, series
            or pairs of texts, or over a hypermodel of one's own.
        RunError: `run` is not a run folder or has no model, or `out` is not new.
    """
    for name, value in (("allow_loss", allow_loss), ("allow_taken", allow_taken)):
        if isinstance(value, bool) or not 0 <= value <= 100:
            raise DataError(f"{name} is {value!r}. It should be points, from 0 to 100.")
    found = Run.read(run)
    require_classes(found, "update", "Search again with all rows.")
    rows = read_rows(data, found.plan, text, label)
    limited = max_time is not None
    budget = budget_for(found, _limit(found, max_time), loaded=limited)
    # TensorFlow warns of retracing; one trace for each member and length is intended.
    with (
        held(found.directory),
        derived_run(found.directory / UPDATES, out) as (draft, folder),
        silence(),
    ):
        outcome = _updated(found, rows, budget, draft, limited, Allowed(allow_loss, allow_taken))
        outcome["export"] = str(folder / EXPORT)
        write_json(draft / OUTCOME, outcome)
    return SearchResult(folder)


def _limit(run: Run, max_time: str | float | timedelta | None) -> float:
    if max_time is not None:
        return parse_duration(max_time)
    return max(LEAST_SECONDS, TIME_SHARE * search_seconds(run))


def _updated(
    run: Run, rows: NewRows, budget: Budget, draft: Path, limited: bool, allowed: Allowed
) -> dict[str, Any]:
    """Trains, checks and exports; returns the outcome.

    Raises:
        UpdateRefused: more is lost, or taken for new classes, than is allowed.
    """
    joined = join(run, rows, run.plan.seed)
    stored = save(joined, draft)
    dataset = joined.dataset
    plan = replace(
        run.plan,
        classes=dataset.classes,
        task=dataset.task,
        fingerprint=dataset.fingerprint,
        refit=False,
        faithful=0.0,
    )
    plan.save(draft)
    known = RunTrials.of(run, run.directory, joined.former, run.plan)
    grown = RunTrials.of(run, draft, stored.vectorizer, plan)
    with _linear_model(run, plan, draft) as background:
        trained, replayed = train_members(run, joined, stored, known, grown, budget, limited)
        # As a member the linear model is waited for.
        problem = background.wait(None if LINEAR_NAME in run.members else budget.left())
    candidate = averaged(run, trained, stored, draft)
    model = build_candidate(candidate, grown, stored.stores["validation"].labels)
    try:
        winner = final_model(candidate, model, stored, dataset, plan)
    except Infeasible as reason:
        raise UpdateRefused(
            f"Refused: the larger model is not within the limits of the search, {reason}. Nothing "
            "was written. Search again with all rows."
        ) from reason
    facts = _facts(run, joined, winner, replayed, budget.elapsed())
    if refused := facts.refusal(allowed):
        raise UpdateRefused(refused)
    learnt = {LEARNT_FROM: facts.as_dict()}
    outcome = export_final(winner, stored, dataset, budget, draft, learnt)
    outcome |= learnt
    notes = [*facts.sentences(), *joined.notes, *([problem] if problem else []), *winner.notes]
    return {**outcome, "remarks": notes, "seconds": budget.elapsed()}


def _linear_model(run: Run, plan: Plan, draft: Path) -> BackgroundBaselines:
    """Fits the linear model in the background, with the settings that the search has found.

    Where that search has none, they are chosen anew in the time that they had there.
    """
    like = run.directory / LINEAR
    seconds = search_seconds(run)
    return BackgroundBaselines(
        draft, len(plan.classes), plan.seed, seconds, like if like.exists() else None
    )


def _facts(
    run: Run, joined: JoinedData, winner: FinalModel, replayed: int, seconds: float
) -> Updated:
    """Compares the model with that of the search, on the validation texts of the latter."""
    kept = Validation.read(run)
    before = kept.require_exported()
    labels = np.asarray(joined.stored.stores["validation"].labels)
    answers, known = columns_of(labels, winner.answers), len(run.plan.classes)
    right = answers.argmax(axis=1) == labels
    new, old = right[: joined.held], answers[joined.held :]
    truth = labels[joined.held :]
    among_known = old[:, :known].argmax(axis=1) == truth
    return Updated(
        run=str(run.directory),
        rows=joined.new,
        held_out=joined.held,
        replayed=replayed,
        new_classes=joined.dataset.classes[known:],
        new_words=joined.new_words,
        old_texts=len(old),
        old_before=100 * float((before.argmax(axis=1) == kept.labels).mean()),
        old_after=100 * float(among_known.mean()),
        members=len(winner.candidate.records),
        members_before=len(run.members),
        most_taken=most_taken(truth, old.argmax(axis=1), joined.dataset.classes[:known]),
        taken_for_new=100 * float((old.argmax(axis=1) >= known).mean()),
        new_after=100 * float(new.mean()) if len(new) else None,
        seconds=seconds,
    )
