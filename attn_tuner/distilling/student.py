"""The student: which trial it is, how much it can read in the time, and its training."""

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import keras
import numpy as np

from attn_tuner.distilling.soft_labels import MOST_COPIES, with_labels
from attn_tuner.errors import RunError
from attn_tuner.finalizing.calibration import calibrate
from attn_tuner.finalizing.candidates import TrainedTrials, has_weights, predict_batches
from attn_tuner.finalizing.refit import fitted
from attn_tuner.finalizing.time_reserve import room_for_refit
from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.metrics import columns_of, sign_of
from attn_tuner.settings.derived import FEW_TEXTS
from attn_tuner.storage.checkpoints import load_weights
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.token_store import TokenStore
from attn_tuner.training.adversarial import ExtraLosses
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.constraints import other_bytes
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.tuning.trial.callbacks import TrialCallbacks
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.training_loop import train
from attn_tuner.updating.further_training import training_pace
from attn_tuner.updating.members import RunTrials, written

EPOCHS = 3
CHECKS = 2  # Evaluations in an epoch: one that the time limit cuts is not lost.
LEARNT = "learnt from a teacher"
REST_SHARE = 0.7  # Of the size limit, for what is not shrunk.
NEARLY = 0.8  # Of the most texts that a trial can read: of such trials the best learns.
LEAST_CHANGE = 0.5  # Of the seconds that trials took side by side, where a model trains alone.
ADVERSARIAL_SECONDS = 2.0  # Of a step with adversarial training, for each of one without.
USED_SHARE = 0.8  # Of the time left, for the teacher's answers and the training.


def chosen_trial(
    run: Run, trials: RunTrials, trial: str | None, size_mb: float | None = None
) -> TrialRecord:
    """Returns the record of the trial to train, the best that fits if none is named.

    Args:
        run: of the search.
        trials: what builds its models.
        trial: str, ID of a trial.
        size_mb: float, megabytes of its export at most; None for any.

    Raises:
        RunError: there is none, or it has no weights.
    """
    scored = [each for each in run.ranked() if has_weights(trials, each)]
    if trial is None and scored:
        return first_fitting(scored, trials, size_mb)
    named = [each for each in scored if each.trial_id == trial]
    if named:
        return named[0]
    there = ", ".join(each.trial_id for each in scored) or "none"
    raise RunError(
        f"{run.directory} has no weights of trial {trial}. Trials with weights: {there}."
    )


def first_fitting(
    records: Sequence[TrialRecord], trials: TrainedTrials, size_mb: float | None
) -> TrialRecord:
    """Returns the first trial that an export can shrink enough, the first of all if there is none.

    Only embeddings are shrunk, so what else a model has must leave room for them.

    Args:
        records: of trials, the best first.
        trials: what builds their models.
        size_mb: float, megabytes of the export at most; None for any.
    """
    if size_mb is None:
        return records[0]
    for record in records:
        keras.utils.clear_session()
        model = trials.hypermodel.model(record.trained)
        if other_bytes(model) <= REST_SHARE * 1e6 * size_mb:
            return record
    return records[0]


def room_for(
    members: Iterable[TrialRecord],
    student: TrialRecord,
    stored: EncodedTexts,
    budget: Budget,
    again: bool = False,
    untimed: int = MOST_COPIES,
    epochs: int = EPOCHS,
    unlabelled: int = 0,
) -> int:
    """Returns how many texts can be answered and learnt from in the time, beside training texts.

    Where there is not time for all of `unlabelled`, each is read once: more texts teach more.

    Args:
        members: of the average that answers.
        student: record of the trial to train.
        stored: the texts.
        budget: the time, less what is reserved for the export.
        again: whether the student is to be trained once more, see `taught_again`.
        untimed: texts for each training text where time is not limited.
        epochs: int, how often each text is to be read.
        unlabelled: int, texts without labels that there are.
    """
    judging = sum(each.judging or 0.0 for each in members) / stored.size("validation")
    start, pace = training_costs(student, stored.size("train"))
    left = _time_to_learn(budget)
    if left is None:
        return untimed * stored.size("train")
    seconds = left - (1 + again) * start

    def room(epochs: int) -> int:
        texts = seconds / max(judging + (1 + again) * epochs * pace, 1e-9)
        return max(0, math.floor(texts) - stored.size("train"))

    found = room(epochs)
    return found if found >= unlabelled else min(room(1), unlabelled)


def affordable_epochs(
    student: TrialRecord, texts: int, stored: EncodedTexts, budget: Budget, again: bool = False
) -> int:
    """Returns how often the student can read so many texts in the time, 1 to `EPOCHS` times.

    Args:
        student: record of the trial to train.
        texts: int, training texts and others.
        stored: the texts.
        budget: the time, less what is reserved for the export.
        again: whether the student is to be trained once more, see `taught_again`.
    """
    start, pace = training_costs(student, stored.size("train"))
    left = _time_to_learn(budget)
    if left is None:
        return EPOCHS
    return min(EPOCHS, max(1, math.floor((left / (1 + again) - start) / max(texts * pace, 1e-9))))


def _time_to_learn(budget: Budget) -> float | None:
    """Returns seconds for answers and training, in seconds of the trials so far; None for any."""
    left = budget.search_left()  # The trials' own seconds were slowed down as well.
    return None if left is None else USED_SHARE * left / max(budget.change(), LEAST_CHANGE)


def training_costs(record: TrialRecord, learnt_from: int) -> tuple[float, float]:
    """Returns seconds to begin a training, and seconds for each text and epoch, both estimated.

    Where a trial has no two timed evaluations, all its seconds count for its texts. A student
    learns without adversarial training, which slowed the steps of a trial with it.

    Args:
        record: of the trial.
        learnt_from: int, texts of an epoch.
    """
    faster = ADVERSARIAL_SECONDS if ExtraLosses.of(record.trained).read_labels else 1.0
    timed = [each for each in record.history if {"epochs", "seconds"} <= set(each)]
    if len(timed) < 2 or timed[-1]["epochs"] <= timed[0]["epochs"]:
        return 0.0, training_pace(record, learnt_from) / faster
    first, last = timed[0], timed[-1]
    judged = sum(each.get("judging", 0.0) for each in timed[1:])
    learnt = (last["epochs"] - first["epochs"]) * max(learnt_from, 1)
    pace = max(last["seconds"] - first["seconds"] - judged, 0.0) / learnt
    begun = first["seconds"] - first.get("judging", 0.0)
    return max(begun - pace * first["epochs"] * learnt_from, 0.0), pace / faster


def reads_most(
    records: Sequence[TrialRecord], texts: int, stored: EncodedTexts, budget: Budget
) -> TrialRecord:
    """Returns the best trial that can learn from so many texts in time, or from nearly the most.

    Where few texts have labels, what a trial learns from the others counts for more than how it
    did without them. Each text is read once.

    Args:
        records: of trials, the best first.
        texts: int, texts without labels.
        stored: the texts.
        budget: the time, less what is reserved for the export.
    """
    rooms = [room_for((), each, stored, budget, epochs=1) for each in records]
    enough = min(texts, NEARLY * max(rooms))
    return next(each for each, room in zip(records, rooms, strict=True) if room >= enough)


class _UntilOver(TrialCallbacks):
    """Ends the training at the time limit, without resume points."""

    resume_interval = math.inf

    def __init__(self, over: Callable[[], bool]):
        self.should_stop = over


def taught(
    student: TrialRecord,
    soft: TokenStore,
    stored: EncodedTexts,
    trials: TrainedTrials,
    own: TrainedTrials,
    plan: Plan,
    over: Callable[[], bool],
    name: str = "",
    epochs: int = EPOCHS,
) -> tuple[TrialRecord, np.ndarray]:
    """Trains the student from its weights on, and writes its folder.

    It is evaluated `CHECKS` times in an epoch. The best evaluation is kept, or the weights from
    before if none is better, by the validation texts. A greater log loss is no worse where
    calibration makes it the smaller one.

    Args:
        student: record of the trial.
        soft: texts with soft labels.
        stored: the texts of the search.
        trials: what builds its models.
        own: where the student's folder is to be.
        plan: of the student's run.
        over: returns whether the training has to stop now.
        name: ID of the student, if it is not to have that of the trial.
        epochs: int, how often it reads each text.

    Returns:
        Its record, and its answers to the validation texts.
    """
    plain = {"label_smoothing": 0.0, "class_weight": "none", "epochs": epochs}
    unmixed = dict.fromkeys(("adversarial_weight", "virtual_weight", "entropy_weight"), 0.0)
    values = {**student.trained, **plain, **unmixed}
    record = replace(
        student,
        trial_id=name or student.trial_id,
        values=values,
        used={},
        share=1.0,
        seed=plan.seed + 1,
    )
    model, batches = _begun(student, record, soft, stored, trials)
    validation, labels = stored.validation(values), stored.stores["validation"].labels
    before = columns_of(labels, predict_batches(model, validation))
    # With few validation texts their log loss tells more than their accuracy.
    few = plan.objective == "accuracy" and stored.size("validation") < FEW_TEXTS
    goal, sign = ("log_loss", -1) if few else (plan.objective, sign_of(plan.objective))
    schedule = Schedule(epochs, epochs, goal, sign, CHECKS)
    progress = train(model, batches, validation, schedule, _UntilOver(over))
    measures, answers = dict(progress.best_measures), progress.probabilities
    stopped = LEARNT
    worse = sign * measures[goal] < sign * student.metrics[goal]
    if worse and few:  # Soft labels make answers less certain, which calibration undoes.
        worse = calibrate(labels, answers).loss_after > calibrate(labels, before).loss_after
    if worse:
        load_weights(model, trials.get_trial_dir(student.trial_id))
        measures, answers = dict(student.metrics), before
        stopped = "no better with a teacher"
    record = replace(
        record,
        score=measures[plan.objective],
        metrics=measures,
        history=progress.history,
        stopped=stopped,
        seconds=progress.seconds,
    )
    answers = np.asarray(answers, "float32")
    return written(record, model, answers, own), answers


def taught_again(
    student: TrialRecord,
    taught: TrialRecord,
    soft: TokenStore,
    stored: EncodedTexts,
    trials: TrainedTrials,
    budget: Budget,
) -> list[np.ndarray] | None:
    """Trains the student once more, with the validation texts and their labels as well.

    It trains from the same weights on, for as many epochs as gave its best score, as a search
    trains what it exports (`refit`). The student can then be measured on the test part only.

    Args:
        student: record of the trial that it began with.
        taught: its record, as `taught` returns it.
        soft: texts with soft labels, without the validation texts.
        stored, trials: as in `taught`.
        budget: the time; it ends the training.

    Returns:
        Its weights; None where it learnt nothing, or there was too little time.
    """
    seconds = taught.seconds * (1 + stored.size("validation") / len(soft))
    learnt = taught.metrics.get("epochs", 0) if taught.stopped == LEARNT else 0
    if not learnt or not room_for_refit(budget, stored, [taught], seconds):
        return None
    both = with_labels(soft, stored.stores["validation"])
    model, batches = _begun(student, taught, both, stored, trials)
    return model.get_weights() if fitted(model, batches, learnt, budget) else None


def _begun(
    student: TrialRecord,
    record: TrialRecord,
    soft: TokenStore,
    stored: EncodedTexts,
    trials: TrainedTrials,
) -> tuple[keras.Model, LengthBatches]:
    """Builds the model of `record` with the weights of a trial, and the batches that it learns."""
    values = record.values
    batches = stored.batches(
        soft, values, values["batch_size"], seed=record.seed, sample_weight=soft.weights
    )
    hypermodel = copy.copy(trials.hypermodel)
    hypermodel.training_texts = len(soft)
    hypermodel.own_loss = (
        "binary_crossentropy" if soft.labels.ndim == 1 else "categorical_crossentropy"
    )
    keras.utils.clear_session()
    keras.utils.set_random_seed(record.seed)
    model = hypermodel.model(values)
    load_weights(model, trials.get_trial_dir(student.trial_id))
    return model, batches
