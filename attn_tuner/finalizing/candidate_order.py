"""Lists what a search may export, the best first: an average of models, then single trials."""

from collections.abc import Iterator

import numpy as np

from attn_tuner.finalizing.averages import averages, clearly_worse, lowest_likely
from attn_tuner.finalizing.candidates import Candidate, has_weights, trial_answers
from attn_tuner.finalizing.rating import Rating
from attn_tuner.settings.derived import FEW_TEXTS, SELF_TRAINING
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.tuner import TrialRunner


def candidates(runner: TrialRunner, labels: np.ndarray, most: int = 1) -> Iterator[Candidate]:
    """Yields an average, where cross-validation shows that it helps, then every trial.

    The trials come by their scores, but see `student_first`. A baseline may join an average, as it
    makes other errors than the trials: the linear one of texts, MiniRocket of series.

    Args:
        runner: a `TrialRunner`; trials without saved weights are left out.
        labels: labels of the validation texts.
        most: int, number of trials in an average at most.
    """
    kept = [each for each in runner.ranked() if has_weights(runner, each)]
    answers = [trial_answers(runner, each, labels) for each in kept]
    # Faithfulness is measured for single trials only.
    if runner.plan.ensemble > 1 and not runner.plan.faithful:
        yield from averages(runner, labels, most)
    singles = list(zip(kept, answers, strict=True))
    for record, own in sorted(
        singles, key=lambda each: not student_first(each, singles[0], labels, runner.plan)
    ):
        yield Candidate((record,), (1.0,), np.asarray(own, "float64"), dict(record.metrics))


def student_first(
    given: tuple[TrialRecord, np.ndarray],
    best: tuple[TrialRecord, np.ndarray],
    labels: np.ndarray,
    plan: Plan,
) -> bool:
    """Returns whether a trial learnt from a teacher and is to be exported before the best one.

    Where the objective is accuracy and there are fewer than `FEW_TEXTS` validation texts, the best
    score of many trials is partly luck, which the one student does not have. There the log loss
    decides, at the best temperature, if the student is as accurate as chance allows, one standard
    error. One that learnt by self-training comes first unless it is `clearly_worse`.

    Args:
        given, best: a trial and the one with the best score, with their answers.
        labels: labels of the validation texts.
        plan: of the search.
    """
    record, leader = given[0], best[0]
    few = plan.objective == "accuracy" and len(labels) < FEW_TEXTS
    if not record.distilled or record is leader or not few:
        return False
    if plan.teacher == SELF_TRAINING:
        return not clearly_worse(given[1], best[1], labels)
    rate = Rating(labels, "log_loss")
    own, other = (rate(np.asarray(each[1], "float64")) for each in (given, best))
    lowest = lowest_likely(leader.metrics["accuracy"], len(labels))
    return own > other and record.metrics["accuracy"] >= lowest
