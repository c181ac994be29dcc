"""The members of an export: what builds them, trains them on, and averages them again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from attn_tuner.errors import RunError
from attn_tuner.finalizing.averages import baseline_member
from attn_tuner.finalizing.candidates import (
    Candidate,
    TrainedTrials,
    has_weights,
    predict_batches,
)
from attn_tuner.finalizing.logarithmic_average import average
from attn_tuner.finalizing.time_reserve import candidate_seconds
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.metrics import columns_of, measure
from attn_tuner.search_defaults import every_dimension
from attn_tuner.storage.checked_files import read_array
from attn_tuner.storage.checkpoints import load_probabilities, load_weights, save_best
from attn_tuner.storage.layout import trial_dir
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.subwords import reads_subwords
from attn_tuner.text.vectorizer import Vectorizer
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.tuning.scheduler import FIRST_EVALUATION
from attn_tuner.updating.further_training import (
    further_values,
    planned_members,
    replay,
    train_on,
)
from attn_tuner.updating.joined_data import JoinedData

OVERRUN = 1.5  # Of the time planned for a member, at which its training ends.
LEAST_TRAINING = 5.0  # Seconds: the first batches take long.


@dataclass(frozen=True)
class RunTrials:
    """The trials of a run folder, with what builds their models; see `TrainedTrials`."""

    project_dir: Path
    hypermodel: AttentionHyperModel

    def get_trial_dir(self, trial_id: str) -> Path:
        """Returns the folder of a trial."""
        return trial_dir(self.project_dir, trial_id)

    @classmethod
    def of(cls, run: Run, directory: Path, vectorizer: Vectorizer, plan: Plan) -> "RunTrials":
        """Makes what builds the models of a run, for a vocabulary and for classes.

        Args:
            run: of the search, whose trials say which layers there are.
            directory: the run folder, with the folders of the trials.
            vectorizer: the vocabulary.
            plan: with the classes.
        """
        parts = any(reads_subwords(record.trained) for record in run.records)
        return cls(
            directory,
            AttentionHyperModel(
                len(vectorizer),
                len(plan.classes),
                space=every_dimension(plan.epochs),
                parts=vectorizer.subwords.tables if parts else None,
                task=plan.task or None,
                training_texts=1,  # `train_on` says how many there are.
            ),
        )


def train_members(
    run: Run,
    joined: JoinedData,
    stored: EncodedTexts,
    known: TrainedTrials,
    grown: RunTrials,
    budget: Budget,
    limited: bool,
) -> tuple[list[TrialRecord], int]:
    """Trains the members of the export on, those of the greatest weight first.

    How long is fixed by work: by the pace that they had in the search. Only a limit that was asked
    for counts what the machine does besides, and ends a training early.

    Args:
        run: of the search.
        joined: its texts with the new rows.
        stored: the same, from the new run folder.
        known, grown: the trials of the search, and where they are trained on.
        budget: the time limit of the update.
        limited: whether the limit was asked for.

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
    work = training_work(budget, stored, members, limited)
    start = budget.usual(FIRST_EVALUATION) / budget.slowdown()
    ways = planned_members(members, joined.old, joined.new, joined.learnt_from, work, start)
    trained, store = [], stored.stores["train"]
    for record, way in ways:
        further = replace(record, used=further_values(record, stored.vocabulary_size, way.batch))
        keras.utils.clear_session()
        former = known.hypermodel.model(record.trained)
        load_weights(former, known.get_trial_dir(record.trial_id))
        read = replay(store, joined.old, way, record.seed)
        most = way.seconds and OVERRUN * budget.slowdown() * max(LEAST_TRAINING, way.seconds)
        limit = Budget(most if limited else None)
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


def training_work(
    budget: Budget, stored: EncodedTexts, members: Sequence[TrialRecord], limited: bool
) -> float | None:
    """Returns for how many seconds, at the pace of the search, members may be trained on.

    Args:
        budget: of the update; without a limit that was asked for it knows of no other work.
        stored: the texts.
        members: their records.
        limited: whether the limit was asked for; else the time so far does not count.
    """
    if budget.seconds is None:
        return None
    export = candidate_seconds(budget, stored, members)
    if limited:
        return (budget.seconds - budget.elapsed() - export) / budget.slowdown()
    return budget.seconds - export


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
        score=measures[objective],
        metrics={**measures, **at},
        history=[{**measures, **at}],
        stopped="trained on by an update",
        seconds=took[1],
    )
    return written(found, model, answers, grown)


def written(
    record: TrialRecord, model: keras.Model, answers: np.ndarray, trials: TrainedTrials
) -> TrialRecord:
    """Writes the folder of a trial that was trained on: record, weights, answers.

    Args:
        record: as the training ended, with its score.
        model: `keras.Model`, trained.
        answers: its predictions for the validation texts, `(texts, columns)` float32.
        trials: where its folder is to be.

    Returns:
        The record as it was written: nothing is left of repeats and messages of the search.
    """
    found = replace(
        record,
        status="completed",
        parameters=model.count_params(),
        repeats=[],
        remark="",
        message="",
    )
    folder = Path(trials.get_trial_dir(record.trial_id))
    folder.mkdir(exist_ok=True)
    save_best(model, answers, folder)
    found.save(folder)
    return found


def averaged(
    run: Run, trained: Sequence[TrialRecord], stored: EncodedTexts, draft: Path
) -> Candidate:
    """Averages the members as the export of the search does, with the same weights.

    Args:
        run: of the search.
        trained: the members that were trained on.
        stored: the texts of the update.
        draft: its run folder, with the linear model.
    """
    labels = stored.stores["validation"].labels
    answers = {
        record: read_array(path, (len(labels), None))
        for record, path in baseline_member(draft).items()
        if record.trial_id in run.members
    }
    for record in trained:
        answers[record] = load_probabilities(trial_dir(draft, record.trial_id))
    order = [name for name in run.members if name in {each.trial_id for each in answers}]
    by_name = {record.trial_id: record for record in answers}
    records = tuple(by_name[name] for name in order)
    weights = np.array([run.members[name] for name in order])
    weights = weights / weights.sum()
    together = average([answers[each] for each in records], weights, run.logarithms)
    best = run.sign * max(run.sign * each.score for each in trained if each.score is not None)
    return Candidate(
        records=records,
        weights=tuple(weights.tolist()),
        answers=together,
        measures=measure(labels, together),
        alone=best if len(records) > 1 else None,
        logarithms=run.logarithms,
    )
