"""update(): trains the model of a search on with new rows and new classes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any

import keras
import numpy as np

from attn_tuner.baselines.background import BackgroundBaselines
from attn_tuner.errors import DataError, RunError
from attn_tuner.finalizing.candidates import (
    Candidate,
    TrainedTrials,
    baseline_member,
    build_candidate,
    has_weights,
    predict_batches,
)
from attn_tuner.finalizing.final_model import FinalModel, export_final, final_model
from attn_tuner.finalizing.time_reserve import candidate_seconds
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.metrics import columns_of, measure
from attn_tuner.search_defaults import every_dimension
from attn_tuner.search_result import SearchResult
from attn_tuner.storage.atomic_files import new_folder, remove_parts, write_json
from attn_tuner.storage.checked_files import read_array
from attn_tuner.storage.checkpoints import load_weights, save_best
from attn_tuner.storage.layout import EXPORT, OUTCOME, UPDATES, trial_dir
from attn_tuner.storage.lock import held
from attn_tuner.storage.plan import Plan, require_labelled_texts
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import LINEAR_NAME, TrialRecord
from attn_tuner.storage.validation_data import Validation
from attn_tuner.text.subwords import reads_subwords
from attn_tuner.text.vectorizer import Vectorizer
from attn_tuner.tuning.budget import Budget, clock_state
from attn_tuner.tuning.duration import parse_duration
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.updating.further_training import (
    further_values,
    planned_members,
    replay,
    train_on,
)
from attn_tuner.updating.joined_data import JoinedData, join, save
from attn_tuner.updating.new_rows import NewRows, read_rows
from attn_tuner.updating.updated import Updated
from attn_tuner.verbosity import silence

ALLOWED_LOSS = 0.5  # Points.
TIME_SHARE = 0.18  # Of the time limit of the search, of which an update takes about a fifth.
LEAST_SECONDS = 40.0
OVERRUN = 1.5  # Of the time planned for a member, at which its training ends.
LEAST_TRAINING = 5.0  # Seconds: the first batches take long.
LEARNT_FROM = "learnt_from"  # Key of the facts in the model card and in the outcome.


class UpdateRefused(DataError):
    """The model would answer the classes of its search worse than is allowed."""


@dataclass(frozen=True)
class RunTrials:
    """The trials of a run folder, with what builds their models; see `TrainedTrials`."""

    project_dir: Path
    hypermodel: AttentionHyperModel

    def get_trial_dir(self, trial_id: str) -> Path:
        """Returns the folder of a trial."""
        return trial_dir(self.project_dir, trial_id)


def update(
    run: str | PathLike,
    data: Any,
    *,
    text: str | list[str] | None = None,
    label: str | None = None,
    allow_loss: float = ALLOWED_LOSS,
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
        allow_loss: float, points that the accuracy on the search's validation texts may fall by.
        max_time: time limit, as of `search`; by default 18 % of that of the search, but 40 seconds
            at least.
        out: a new folder; `RUN/updates/1` and so on if not given.

    Raises:
        UpdateRefused: more would be lost on the classes of the search. Nothing is written.
        DataError: no row can be learnt from, or the search was for several labels, numbers, series
            or pairs of texts, or over a hypermodel of one's own.
        RunError: `run` is not a run folder or has no model, or `out` is not new.
    """
    if isinstance(allow_loss, bool) or not 0 <= allow_loss <= 100:
        raise DataError(f"allow_loss is {allow_loss!r}. It should be points, from 0 to 100.")
    found = Run.read(run)
    _check(found)
    rows = read_rows(data, found.plan, text, label)
    seconds = _limit(found, max_time)
    state = clock_state(found.directory)[0]
    budget = Budget.resumed(seconds, {**state, "spent": 0.0})
    # TensorFlow warns of retracing; one trace for each member and length is intended.
    with held(found.directory), _new_run(found, out) as (draft, folder), silence():
        outcome = _updated(found, rows, budget, draft, allow_loss)
        outcome["export"] = str(folder / EXPORT)
        write_json(draft / OUTCOME, outcome)
    return SearchResult(folder)


def _check(run: Run) -> None:
    """Refuses runs that cannot be updated.

    Raises:
        DataError, RunError: as `update`.
    """
    require_labelled_texts(run.plan, "update()")
    if run.plan.kind != "class":
        raise DataError("update trains models of one class a text; this search was for another.")
    if run.plan.asked.get("hypermodel"):
        raise DataError(
            "update builds the larger model by the package's own hypermodel, and this search was "
            "over another. Search again with all rows."
        )
    if not run.outcome:
        raise RunError(
            f"The search in {run.directory} has no model yet. Continue it with the command that "
            "started it."
        )


def _limit(run: Run, max_time: str | float | timedelta | None) -> float:
    if max_time is not None:
        return parse_duration(max_time)
    return max(LEAST_SECONDS, TIME_SHARE * (run.plan.max_time or run.outcome["seconds"]))


@contextmanager
def _new_run(run: Run, out: str | PathLike | None) -> Iterator[tuple[Path, Path]]:
    """Makes a draft of the new run folder, which gets its name when the block succeeds.

    Yields:
        The draft, and the path that it will have.

    Raises:
        RunError: the path is taken.
    """
    updates = run.directory / UPDATES
    if out is None:
        numbers = [int(each.name) for each in updates.glob("*") if each.name.isdigit()]
        folder = updates / str(max(numbers, default=0) + 1)
    else:
        folder = Path(out)
    if folder.exists():
        raise RunError(f"{folder} is there already. Name a new folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_parts(updates)
    try:
        with new_folder(folder, replaces=False) as draft:
            yield draft, folder
    finally:
        if updates.is_dir() and not any(updates.iterdir()):
            updates.rmdir()


def _updated(
    run: Run, rows: NewRows, budget: Budget, draft: Path, allow_loss: float
) -> dict[str, Any]:
    """Trains, checks and exports; returns the outcome.

    Raises:
        UpdateRefused: more is lost than is allowed.
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
    known = RunTrials(run.directory, _hypermodel(run, joined.former, run.plan))
    grown = RunTrials(draft, _hypermodel(run, stored.vectorizer, plan))
    # As a member the linear model gets the time that it had in the search.
    usual = run.outcome["seconds"] if LINEAR_NAME in run.members else budget.seconds
    baselines = BackgroundBaselines(draft, len(plan.classes), plan.seed, usual)
    with baselines as background:
        trained, replayed = _train(run, joined, stored, known, grown, budget)
        problem = background.wait(budget.left())
    candidate = _candidate(run, trained, stored, draft)
    model = build_candidate(candidate, grown, stored.stores["validation"].labels)
    winner = final_model(candidate, model, stored, dataset, plan)
    facts = _facts(run, joined, winner, replayed, budget.elapsed())
    if facts.lost > allow_loss:
        raise UpdateRefused(facts.refusal(allow_loss))
    learnt = {LEARNT_FROM: facts.as_dict()}
    outcome = export_final(winner, stored, dataset, budget, draft, learnt)
    outcome |= learnt
    notes = [*facts.sentences(), *joined.notes, *([problem] if problem else []), *winner.notes]
    return {**outcome, "remarks": notes, "seconds": budget.elapsed()}


def _hypermodel(run: Run, vectorizer: Vectorizer, plan: Plan) -> AttentionHyperModel:
    """Makes what builds the models of a run, for a vocabulary and for classes."""
    parts = any(reads_subwords(record.trained) for record in run.records)
    return AttentionHyperModel(
        len(vectorizer),
        len(plan.classes),
        space=every_dimension(plan.epochs),
        parts=vectorizer.subwords.tables if parts else None,
        task=plan.task or None,
        training_texts=1,  # `train_on` says how many there are.
    )


def _train(
    run: Run,
    joined: JoinedData,
    stored: EncodedTexts,
    known: TrainedTrials,
    grown: RunTrials,
    budget: Budget,
) -> tuple[list[TrialRecord], int]:
    """Trains the members of the export on, those of the greatest weight first.

    Returns:
        Records of those for which there was time, and the fewest texts of the search that one of
        them has read again.

    Raises:
        RunError: none has its weights any more, or none could be trained.
    """
    records = {record.trial_id: record for record in run.records}
    members = [records[name] for name in run.members if name in records]
    members = [each for each in members if has_weights(known, each)]
    if not members:
        raise RunError(
            f"No trial in the export of {run.directory} has its weights any more. Search again "
            "with all rows."
        )
    left = budget.left()
    if left is not None:
        left -= candidate_seconds(budget, stored, members)
    ways = planned_members(members, joined.old, joined.new, joined.learnt_from, left)
    trained, store = [], stored.stores["train"]
    for record, way in ways:
        further = replace(record, used=further_values(record, stored.vocabulary_size))
        keras.utils.clear_session()
        former = known.hypermodel.model(record.trained)
        load_weights(former, known.get_trial_dir(record.trial_id))
        read = replay(store, joined.old, way, record.seed)
        limit = Budget(way.seconds and max(LEAST_TRAINING, OVERRUN * way.seconds))
        model = train_on(further, former, grown.hypermodel, stored, read, limit)
        if model is not None:
            epochs = len(read) / len(store)
            took = epochs, limit.elapsed()
            trained.append(_recorded(further, model, stored, grown, run.plan.objective, took))
    if not trained:
        raise RunError(
            "No member could be trained on: none reached a finite loss in the time. Give more "
            "(max_time), or search again with all rows."
        )
    return trained, min(way.replayed for _, way in ways)


def _recorded(
    record: TrialRecord,
    model: keras.Model,
    stored: EncodedTexts,
    grown: RunTrials,
    objective: str,
    took: tuple[float, float],
) -> TrialRecord:
    """Writes the folder of a member that was trained on: record, weights, answers.

    Args:
        record: of the member, with the values that it was trained with.
        model: `keras.Model`, trained.
        stored: the texts.
        grown: where its folder is to be.
        objective: str, of the search.
        took: epochs of all training texts together, and seconds.
    """
    validation = stored.validation(record.trained)
    answers = columns_of(validation.labels, predict_batches(model, validation)).astype("float32")
    measures = measure(validation.labels, answers)
    at = dict(zip(("epochs", "seconds"), took, strict=True))
    found = replace(
        record,
        status="completed",
        score=measures[objective],
        metrics={**measures, **at},
        history=[{**measures, **at}],
        stopped="trained on by an update",
        seconds=took[1],
        parameters=model.count_params(),
        repeats=[],
        remark="",
        message="",
    )
    folder = grown.get_trial_dir(record.trial_id)
    folder.mkdir()
    save_best(model, answers, folder)
    found.save(folder)
    return found


def _candidate(
    run: Run, trained: Sequence[TrialRecord], stored: EncodedTexts, draft: Path
) -> Candidate:
    """Averages the members with the weights that they have in the export of the search."""
    labels = stored.stores["validation"].labels
    answers = {
        record: read_array(path, (len(labels), None))
        for record, path in baseline_member(draft).items()
        if record.trial_id in run.members
    }
    answers |= {
        record: Validation.read(Run.read(draft)).answers(record.trial_id) for record in trained
    }
    order = [name for name in run.members if name in {each.trial_id for each in answers}]
    by_name = {record.trial_id: record for record in answers}
    records = tuple(by_name[name] for name in order)
    weights = np.array([run.members[name] for name in order])
    weights = weights / weights.sum()
    together = np.tensordot(weights, np.stack([answers[each] for each in records]), axes=1)
    best = run.sign * max(run.sign * each.score for each in trained if each.score is not None)
    return Candidate(
        records,
        tuple(weights.tolist()),
        np.asarray(together, "float64"),
        measure(labels, together),
        best if len(records) > 1 else None,
    )


def _facts(
    run: Run, joined: JoinedData, winner: FinalModel, replayed: int, seconds: float
) -> Updated:
    """Compares the model with that of the search, on the validation texts of the latter."""
    kept = Validation.read(run)
    before = kept.exported()
    if before is None:
        raise RunError(
            f"The folder {run.directory} holds no answers of its model to the validation texts. "
            "Continue the search with the command that started it."
        )
    labels = np.asarray(joined.stored.stores["validation"].labels)
    right = columns_of(labels, winner.answers).argmax(axis=1) == labels
    new, old = right[: joined.held], right[joined.held :]
    return Updated(
        run=str(run.directory),
        rows=joined.new,
        held_out=joined.held,
        replayed=replayed,
        new_classes=joined.dataset.classes[len(run.plan.classes) :],
        new_words=joined.new_words,
        old_texts=len(old),
        old_before=100 * float((before.argmax(axis=1) == kept.labels).mean()),
        old_after=100 * float(old.mean()),
        new_after=100 * float(new.mean()) if len(new) else None,
        seconds=seconds,
    )
