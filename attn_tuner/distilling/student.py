"""The student: which trial it is, how much it can read in the time, and its training."""

import copy
import math
from dataclasses import replace

import keras
import numpy as np

from attn_tuner.distilling.soft_labels import MOST_COPIES
from attn_tuner.errors import RunError
from attn_tuner.finalizing.candidates import has_weights
from attn_tuner.finalizing.time_reserve import candidate_seconds
from attn_tuner.metrics import sign_of
from attn_tuner.settings.derived import FEW_TEXTS
from attn_tuner.storage.checkpoints import load_weights
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.tuning.trial.callbacks import TrialCallbacks
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.training_loop import train
from attn_tuner.updating.further_training import training_pace
from attn_tuner.updating.members import RunTrials, written

EPOCHS = 3
USED_SHARE = 0.8  # Of the time left, for the teacher's answers and the training.


def chosen_trial(run: Run, trials: RunTrials, trial: str | None) -> TrialRecord:
    """Returns the record of the trial to train, the best if none is named.

    Args:
        run: of the search.
        trials: what builds its models.
        trial: str, ID of a trial.

    Raises:
        RunError: there is none, or it has no weights.
    """
    scored = [each for each in run.ranked() if has_weights(trials, each)]
    if trial is None and scored:
        return scored[0]
    named = [each for each in scored if each.trial_id == trial]
    if named:
        return named[0]
    there = ", ".join(each.trial_id for each in scored) or "none"
    raise RunError(
        f"{run.directory} has no weights of trial {trial}. Trials with weights: {there}."
    )


def room_for(run: Run, student: TrialRecord, stored: EncodedTexts, budget: Budget) -> int:
    """Returns how many texts can be answered and learnt from in the time, beside training texts.

    Args:
        run: of the search.
        student: record of the trial to train.
        stored: the texts.
        budget: the time.
    """
    left = budget.left()
    if left is None:
        return MOST_COPIES * stored.size("train")
    left = USED_SHARE * (left - candidate_seconds(budget, stored, [student])) / budget.slowdown()
    records = [each for each in run.records if each.trial_id in run.members]
    judging = sum(each.judging or 0.0 for each in records) / stored.size("validation")
    learning = EPOCHS * training_pace(student, stored.size("train"))
    return max(0, math.floor(left / max(judging + learning, 1e-9)) - stored.size("train"))


class _UntilOver(TrialCallbacks):
    """Ends the training at the time limit, without resume points."""

    resume_interval = math.inf

    def __init__(self, budget: Budget):
        self.should_stop = budget.expired


def taught(
    student: TrialRecord,
    soft: TokenStore,
    stored: EncodedTexts,
    trials: RunTrials,
    own: RunTrials,
    plan: Plan,
    budget: Budget,
) -> tuple[TrialRecord, np.ndarray]:
    """Trains the student from its weights on, and writes its folder.

    Args:
        student: record of the trial.
        soft: texts with soft labels.
        stored: the texts of the search.
        trials: what builds its models.
        own: where the student's folder is to be.
        plan: of the student's run.
        budget: the time, at whose end the training stops.

    Returns:
        Its record, and its answers to the validation texts.
    """
    plain = {"label_smoothing": 0.0, "class_weight": "none", "epochs": EPOCHS}
    unmixed = dict.fromkeys(("adversarial_weight", "virtual_weight", "entropy_weight"), 0.0)
    used = {**student.used, **plain, **unmixed}
    record = replace(student, used=used, seed=plan.seed + 1)
    values = record.trained
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
    # With few validation texts their log loss tells more than their accuracy.
    few = plan.objective == "accuracy" and stored.size("validation") < FEW_TEXTS
    goal, sign = ("log_loss", -1) if few else (plan.objective, sign_of(plan.objective))
    schedule = Schedule(EPOCHS, EPOCHS, goal, sign)
    progress = train(model, batches, stored.validation(values), schedule, _UntilOver(budget))
    measures = dict(progress.best_measures)
    record = replace(
        record,
        score=measures[plan.objective],
        metrics=measures,
        history=progress.history,
        stopped="learnt from a teacher",
        seconds=progress.seconds,
    )
    answers = np.asarray(progress.probabilities, "float32")
    return written(record, model, answers, own), answers
