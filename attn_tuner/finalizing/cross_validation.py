"""Cross-validates the best trials where inputs are few, to choose the weights of an average.

Of 40 inputs the validation part has 8, which tell neither how many trials should be averaged nor
the share of the baseline. So the best trials are trained again on folds of training and validation
part together. The models of the folds are not exported.
"""

from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.baselines.folds import Fold, cross_validation_folds
from attn_tuner.baselines.members import member_of
from attn_tuner.finalizing.candidates import has_weights, predict_batches
from attn_tuner.finalizing.refit import train_again
from attn_tuner.finalizing.time_reserve import (
    FOLDS,
    few_inputs,
    refit_seconds,
    room_for_refit,
)
from attn_tuner.metrics import columns_of
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.checked_files import read_arrays
from attn_tuner.storage.layout import FOLD_ANSWERS
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.encoded_data import EVALUATION_BATCH, EncodedData
from attn_tuner.tuning.tuner import TrialRunner

FEWEST_FOLDS = 3  # Where time does not suffice for `FOLDS`.


def cross_validate(runner: TrialRunner, stored: EncodedData) -> None:
    """Writes answers to all training and validation inputs, each by models that did not learn it.

    The answers are those of the best trials, as many as time allows, and of the baseline. Nothing
    is written where inputs are not few, or time does not suffice for the best trial; nor where an
    earlier sitting did it and no better trial has ended since.

    Args:
        runner: the `TrialRunner` whose trials have ended.
        stored: the run's `EncodedData`.
    """
    path = Path(runner.project_dir) / FOLD_ANSWERS
    ranked = [each for each in runner.ranked() if has_weights(runner, each)]
    if not ranked or not few_inputs(stored, runner.plan):
        return
    if path.exists() and ranked[0].trial_id in read_arrays(path):
        return
    train, validation = stored.stores["train"], stored.stores["validation"]
    both = type(train).concatenate([train, validation])
    folds = _affordable_folds(ranked[0], runner, stored, both.labels)
    answers = {}
    for record in ranked[: runner.plan.ensemble] if folds else ():
        if record.derived or not _room(record, runner, stored, len(folds)):
            continue
        found = _held_out(record, runner, stored, both, folds)
        if found is not None:
            answers[record.trial_id] = found
    if not answers:
        return
    member, classes = member_of(runner.plan.input), next(iter(answers.values())).shape[1]
    fitted = member.part("fit")(both, {"validation": validation}, classes, runner.plan.seed)
    answers[member.name] = fitted.held_out
    write_whole(path, lambda path: np.savez(path, labels=both.labels, **answers))


def _affordable_folds(
    record: TrialRecord, runner: TrialRunner, stored: EncodedData, labels: np.ndarray
) -> list[Fold]:
    """Divides the inputs into as many folds as the time allows; none where it does not suffice."""
    for count in (FOLDS, FEWEST_FOLDS):
        if _room(record, runner, stored, count):
            return cross_validation_folds(labels, runner.plan.seed, count=count)
    return []


def _room(record: TrialRecord, runner: TrialRunner, stored: EncodedData, folds: int) -> bool:
    """Returns whether a trial can be trained on each fold, and once more for the export."""
    one = refit_seconds(record, stored)
    seconds = (folds - 1 + runner.plan.refit) * one  # A fold leaves out one in so many.
    return room_for_refit(runner.budget, stored, [record], seconds)


def _held_out(
    record: TrialRecord, runner: TrialRunner, stored: EncodedData, both: Any, folds: list[Fold]
) -> np.ndarray | None:
    """Trains on each fold; returns `(inputs, columns)`, or None where a training did not end."""
    found: dict[int, np.ndarray] = {}
    for learnt, held in folds:
        batches = stored.shuffled(both, record.trained, record.seed, learnt)
        model = train_again(record, runner.hypermodel, batches, runner.budget)
        if model is None:
            return None
        options = {"shuffle": False, "rows": held}
        asked = stored.batches(both, record.trained, EVALUATION_BATCH, **options)
        answers = columns_of(both.labels, predict_batches(model, asked))
        found |= dict(zip(held.tolist(), answers, strict=True))
    return np.stack([found[row] for row in range(len(both))])
