"""The stage of a search that distils: one more trial learns from the answers of a teacher."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from attn_tuner.distilling.facts import Distilled
from attn_tuner.distilling.search_teacher import OwnTeacher, described
from attn_tuner.distilling.self_training import MOST_TEXTS, SelfTraining
from attn_tuner.distilling.soft_labels import answered
from attn_tuner.distilling.student import (
    EPOCHS,
    affordable_epochs,
    first_fitting,
    reads_most,
    room_for,
    taught,
)
from attn_tuner.distilling.teacher import Average
from attn_tuner.errors import AttnTunerError, BudgetError
from attn_tuner.finalizing.averages import averages
from attn_tuner.finalizing.candidates import has_weights
from attn_tuner.finalizing.time_reserve import affordable_members, finalizing_reserve
from attn_tuner.settings.derived import ENSEMBLE, SELF_TRAINING
from attn_tuner.storage.layout import LEARNT_FROM, TRIAL_PREFIX
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import DISTILLED, TrialRecord
from attn_tuner.text.dataset import TextDataset
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.tuning.events import TrialEnded, TrialStarted
from attn_tuner.tuning.tuner import TrialRunner

UNTIMED_TEXTS = 20  # Texts without labels for each labelled one, where time is not limited.


def distil_trial(
    runner: TrialRunner,
    stored: EncodedTexts,
    dataset: TextDataset,
    teacher: OwnTeacher | str | None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Trains the best trial on with the answers of a teacher, as one more trial of the run.

    The new trial has the ID of the old one with `-distilled` at its end. It is a candidate for an
    export of one model, and takes no part in an average, unless it learnt by self-training. It is
    not reported to the oracle. It is made again where trials have ended since.

    Args:
        runner: the `TrialRunner`, whose trials have ended.
        stored, dataset: of the run.
        teacher: as `teacher_of` returns it.
        say: function that receives sentences for the user.

    Returns:
        The facts of the distillation, by their key of the outcome; empty where there is none.
    """
    before = Run.read(runner.project_dir).outcome.get(LEARNT_FROM)
    made = [record for record in runner.records.values() if record.distilled]
    if teacher is None or (made and before and _current(made[0], before, runner, teacher)):
        return {LEARNT_FROM: before} if made and before else {}
    trials = [each for each in runner.ranked() if has_weights(runner, each) and not each.distilled]
    done = dict.fromkeys(("pretrain", "repeats", "distil"), False)
    runner.budget.set_reserve(finalizing_reserve(stored, runner.plan, **done))
    if not trials or runner.over():
        say("Nothing was distilled: no time was left, or no trial has its weights.")
        return {}
    size_mb = runner.plan.limits.get("size_mb")
    if teacher == SELF_TRAINING and size_mb is None:
        texts = min(stored.size("unlabelled"), MOST_TEXTS)
        student = reads_most(trials, texts, stored, runner.budget)
    else:
        student = first_fitting(trials, runner, size_mb)
    try:
        found = _soft_labels(runner, stored, dataset, teacher, student)
    except AttnTunerError as error:
        say(f"Nothing was distilled: {error}")
        return {}
    if found is None:
        say("Nothing was distilled: no average is better than the best trial.")
        return {}
    for old in made:
        del runner.records[old.trial_id]
    for left in Path(runner.project_dir).glob(f"{TRIAL_PREFIX}*{DISTILLED}"):
        shutil.rmtree(left)  # Also what a killed search has begun.
    facts = _trained(runner, stored, student, described(teacher), *found)
    return {LEARNT_FROM: asdict(facts)}


def _current(
    made: TrialRecord, before: dict[str, Any], runner: TrialRunner, teacher: OwnTeacher | str
) -> bool:
    """Returns whether the student has learnt from this teacher, and after all other trials."""
    latest = max((each.ended for each in runner.records.values() if not each.distilled), default=0)
    return made.ended >= latest and before.get("teacher") == described(teacher)


def _soft_labels(
    runner: TrialRunner,
    stored: EncodedTexts,
    dataset: TextDataset,
    teacher: OwnTeacher | str,
    student: TrialRecord,
) -> tuple[TokenStore, tuple[int, int], float | None] | None:
    """Asks the teacher; None where there is no average.

    Returns:
        Texts with soft labels, the numbers of those without labels and of changed copies, and the
        teacher's score on the validation texts, if it was asked about them.
    """
    if not isinstance(teacher, str):
        soft, unlabelled = teacher.soft(stored, dataset)
        return soft, (unlabelled, 0), None
    budget, plan = runner.budget, runner.plan
    if teacher == SELF_TRAINING:
        room = room_for((), student, stored, budget, untimed=UNTIMED_TEXTS, epochs=1)
        if room < min(stored.size("train"), stored.size("unlabelled")):
            raise BudgetError("The time left is too short to learn from texts without labels.")
        own = SelfTraining(runner.hypermodel.vectors, len(dataset.classes), plan.seed)
        soft, unlabelled = own.soft(stored, room)
        return soft, (unlabelled, 0), None
    most = affordable_members(budget, stored, max(ENSEMBLE, plan.ensemble))
    candidate = next(averages(runner, stored.stores["validation"].labels, most), None)
    if candidate is None:
        return None
    average = Average(candidate, runner, stored, dataset.classes)
    others = stored.size("unlabelled")
    room = room_for(candidate.trials, student, stored, budget, unlabelled=others)
    soft, counts = answered(average, stored, None, room, plan.seed)
    return soft, counts, candidate.measures[plan.objective]


def _trained(
    runner: TrialRunner,
    stored: EncodedTexts,
    student: TrialRecord,
    teacher: str,
    soft: TokenStore,
    counts: tuple[int, int],
    score: float | None,
) -> Distilled:
    """Trains the student, adds its record to the run, and returns the facts."""
    name = f"{student.trial_id}{DISTILLED}"
    runner.emit(TrialStarted(name, student.values))
    epochs, plan = EPOCHS, runner.plan
    if counts[0]:
        epochs = affordable_epochs(student, len(soft), stored, runner.budget)
    given = student, soft, stored, runner, runner, plan
    record = taught(*given, runner.over, name, epochs)[0]
    record = replace(record, ended=runner.budget.elapsed())
    runner.records.write(record)
    runner.lifecycle.weights.add(name)
    runner.emit(TrialEnded(name, record))
    return Distilled.of(
        student,
        record,
        counts,
        run=str(runner.project_dir),
        teacher=teacher,
        training_texts=stored.size("train"),
        teacher_score=score,
        seconds=record.seconds,
    )
