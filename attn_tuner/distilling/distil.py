"""distil(): trains one model on the answers of the exported average, or of another teacher."""

import shutil
from dataclasses import asdict, replace
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.distilling.facts import Distilled
from attn_tuner.distilling.soft_labels import answered, joined, new_texts
from attn_tuner.distilling.student import (
    EPOCHS,
    affordable_epochs,
    chosen_trial,
    room_for,
    taught,
    taught_again,
)
from attn_tuner.distilling.teacher import Average, asked
from attn_tuner.errors import DataError, Infeasible
from attn_tuner.finalizing.candidates import Candidate, build_candidate
from attn_tuner.finalizing.final_model import export_final, final_model
from attn_tuner.finalizing.finalize import REFITTED
from attn_tuner.finalizing.time_reserve import candidate_seconds
from attn_tuner.metrics import measure
from attn_tuner.search_result import SearchResult
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.derived_run import derived_run
from attn_tuner.storage.layout import (
    BASELINES,
    DATA,
    DISTILLED,
    EXPORT,
    LEARNT_FROM,
    LINEAR,
    OUTCOME,
    linear_answers,
)
from attn_tuner.storage.lock import held
from attn_tuner.storage.run import Run
from attn_tuner.storage.validation_data import Validation
from attn_tuner.text.dataset import Split, TextDataset
from attn_tuner.text.unlabelled import read_unlabelled
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.duration import parse_duration
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.updating.members import RunTrials
from attn_tuner.updating.source_run import (
    budget_for,
    require_classes,
    search_seconds,
)
from attn_tuner.verbosity import silence

TIME_SHARE = 0.5  # Of the time limit of the search.
LEAST_SECONDS = 60.0


def distil(
    run: str | PathLike,
    *,
    unlabelled: Any = None,
    text: str | list[str] | None = None,
    teacher: Any = None,
    trial: str | None = None,
    max_size_mb: float | None = None,
    max_time: str | float | timedelta | None = None,
    out: str | PathLike | None = None,
) -> SearchResult:
    """Trains one trial on with the answers of the exported average; writes a run folder of its own.

    The average answers the texts without labels, the training texts and changed copies of these.
    The target of a text is the answer p; of a training text with label y it is

        t = LABELS_SHARE y + (1 - LABELS_SHARE) p

    The trial learns from its weights on, and is calibrated, measured and exported alone. No teacher
    is asked about a validation or test text, nor has it learnt from them: members that the search
    trained again on validation texts teach with their former weights. Where the search trained so,
    the student is trained once more with the labels of the validation texts, if there is time.

    Args:
        run: the run folder of a search that has ended. It is left as it is.
        unlabelled: further texts, as `search` takes them, beside those of the search.
        text: str, column of these texts, or a list of columns to join.
        teacher: in place of the average, a function from a list of texts to probabilities
            `(texts, classes)`, or a fitted classifier with `predict_proba`. It answers the texts of
            `unlabelled`; training texts keep their labels.
        trial: str, ID of the trial to train; if not given the best that `max_size_mb` leaves room
            for.
        max_size_mb: float, megabytes of the export at most; its embeddings are shrunk to fit.
        max_time: time limit, as of `search`; by default half of that of the search.
        out: a new folder; `RUN/distilled/1` and so on if not given.

    Raises:
        DataError: the search was for several labels, numbers, series or pairs of texts, or over a
            hypermodel of one's own; or the teacher's answers are no probabilities.
        RunError: `run` is not a run folder, lacks its model or the trial, or `out` is not new.

    Reference:
        Hinton et al. 2015, section 2, at a temperature of 1. https://arxiv.org/abs/1503.02531
        Tang et al. 2019 for text. https://arxiv.org/abs/1903.12136
    """
    found = Run.read(run)
    require_classes(found, "distil")
    if teacher is not None and unlabelled is None:
        raise DataError(
            "A teacher of your own answers texts, and the run folder keeps those of the search as "
            "numbers. Give unlabelled=, texts for it to answer."
        )
    given = [] if unlabelled is None else read_unlabelled(unlabelled, text)
    usual = max(LEAST_SECONDS, TIME_SHARE * search_seconds(found))
    budget = budget_for(found, usual if max_time is None else parse_duration(max_time))
    place = found.directory / DISTILLED
    # TensorFlow warns of retracing; one trace for each member and length is intended.
    with held(found.directory), derived_run(place, out) as (draft, folder), silence():
        outcome = _distilled(found, given, teacher, trial, max_size_mb, budget, draft)
        outcome["export"] = str(folder / EXPORT)
        write_json(draft / OUTCOME, outcome)
    return SearchResult(folder)


def _distilled(
    run: Run,
    given: list[str],
    teacher: Any,
    trial: str | None,
    max_size_mb: float | None,
    budget: Budget,
    draft: Path,
) -> dict[str, Any]:
    """Asks the teacher, trains and exports; returns the outcome."""
    stored = EncodedTexts.opened(run.directory / DATA)
    limits = {**run.plan.limits, **({} if max_size_mb is None else {"size_mb": max_size_mb})}
    plan = replace(run.plan, refit=False, faithful=0.0, ensemble=1, limits=limits)
    trials = RunTrials.of(run, run.directory, stored.vectorizer, plan)
    student = chosen_trial(run, trials, trial, limits.get("size_mb"))
    budget.set_reserve(lambda budget: candidate_seconds(budget, stored, [student]))
    further, texts = new_texts(stored, given)
    if teacher is None:
        average = Average.exported(run, stored, trials)
        others = len(further) + stored.size("unlabelled")
        members, again = average.candidate.trials, run.plan.refit
        room = room_for(members, student, stored, budget, again, unlabelled=others)
        soft, counts = answered(average, stored, further, room, plan.seed)
        score = average.candidate.measures[plan.objective]
    else:
        if not texts:
            raise DataError("All texts of unlabelled= are in the validation or test part.")
        theirs = asked(teacher, texts, plan.classes)
        soft = joined(stored.stores["train"], None, further, theirs)
        counts, score = (len(texts), 0), None
    shutil.copytree(run.directory / DATA, draft / DATA)
    for name in (BASELINES, LINEAR, linear_answers("validation"), linear_answers("test")):
        if (run.directory / name).exists():
            shutil.copy2(run.directory / name, draft / name)
    plan.save(draft)
    own = RunTrials(draft, trials.hypermodel)
    epochs = EPOCHS
    if counts[0]:
        epochs = affordable_epochs(student, len(soft), stored, budget, run.plan.refit)
    parts = student, soft, stored, trials, own, plan
    record, answers = taught(*parts, budget.search_over, epochs=epochs)
    labels = np.asarray(stored.stores["validation"].labels)
    candidate = Candidate((record,), (1.0,), answers.astype("float64"), measure(labels, answers))
    again = taught_again(student, record, soft, stored, trials, budget) if run.plan.refit else None
    model = build_candidate(candidate, own, labels, {record.trial_id: again} if again else {})
    dataset = _dataset(run)
    try:
        winner = final_model(candidate, model, stored, dataset, plan)
    except Infeasible as reason:
        raise DataError(f"The student is not within the limits: {reason}. Raise them.") from reason
    if again:
        winner = replace(winner, refit=True, notes=(*winner.notes, REFITTED))
    facts = Distilled.of(
        student,
        record,
        counts,
        run=str(run.directory),
        teacher="the average" if teacher is None else "a teacher of your own",
        training_texts=stored.size("train"),
        teacher_score=score,
        seconds=budget.elapsed(),
    )
    outcome = export_final(winner, stored, dataset, budget, draft, {LEARNT_FROM: asdict(facts)})
    return {
        **outcome,
        LEARNT_FROM: asdict(facts),
        "remarks": list(winner.notes),
        "seconds": budget.elapsed(),
    }


def _dataset(run: Run) -> TextDataset:
    """Makes the data set whose validation texts are those kept in clear."""
    kept = Validation.read(run)
    texts = list(kept.texts)
    split = Split(texts, np.asarray(kept.labels[: len(texts)], "int32"))
    return TextDataset(run.plan.source, split, split, None, run.plan.classes)
