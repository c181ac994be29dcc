"""Finds an average of trials and a baseline that is probably better than the best trial."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.baselines.members import member_of
from attn_tuner.finalizing.candidates import Candidate, has_weights, trial_answers
from attn_tuner.finalizing.ensemble import (
    combine_members,
    ensemble_generalizes,
    select_members,
)
from attn_tuner.finalizing.logarithmic_average import average, fit_weights
from attn_tuner.finalizing.rating import Rating
from attn_tuner.inputs.kinds import TEXT
from attn_tuner.metrics import interval, measure
from attn_tuner.settings.derived import FEW_TEXTS, SELF_TRAINING
from attn_tuner.storage.checked_files import read_array, read_arrays
from attn_tuner.storage.layout import FOLD_ANSWERS
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.subwords import WORD_AND_SUBWORD, PartTables
from attn_tuner.tuning.chance_level import scale_of
from attn_tuner.tuning.tuner import TrialRunner

CLEAR = 100  # Validation texts, all answered rightly, of which fewer tell little.
MIN_SKILL = 0.9  # Of the best trial's distance from chance, to be averaged with it.
STANDARD_ERRORS = 2  # A greater difference is hardly chance.
SHARES = (1 / 3, 1 / 2, 2 / 3, 4 / 5, 9 / 10, 29 / 30)  # Of the baseline, to try.


def averages(runner: TrialRunner, labels: np.ndarray, most: int) -> Iterator[Candidate]:
    """Yields an average that is probably better than the best trial.

    A trial that learnt from a teacher takes no part, unless that was self-training. Trials less
    than `MIN_SKILL` as far from chance as the best one are left out, such as those pruned early:
    they err so much more often that a gain from them is chance. Where the objective is accuracy,
    the best trials are averaged, equally or with weights for their logarithms, as accuracy on the
    validation texts tells good members from lucky ones badly; else members are selected. With fewer
    than `FEW_TEXTS` validation texts a trial that learnt by self-training has most of the weight,
    unless it is clearly worse than the best one: it has read many more texts than the others.

    Args:
        runner: a `TrialRunner`; trials without saved weights are left out.
        labels: labels of the validation texts.
        most: int, number of trials in an average at most.
    """
    objective = runner.plan.objective
    levels = runner.plan.answers().levels
    students = runner.plan.teacher == SELF_TRAINING
    kept = [
        each
        for each in runner.ranked()
        if has_weights(runner, each) and (students or not each.distilled)
    ]
    near = _near(kept, labels, objective, levels)
    by_accuracy = objective == "accuracy"
    few = by_accuracy and len(labels) < FEW_TEXTS
    student = _trusted_student(runner, kept, labels) if few and students else None
    if student is not None:
        near = [student, *(each for each in near if each is not student)]
    answers = [trial_answers(runner, each, labels) for each in near]
    baseline = baseline_member(runner.project_dir, runner.plan.input)
    others = [read_array(path, (len(labels), None)) for path in baseline.values()]
    if by_accuracy:
        logarithms, folds = member_of(runner.plan.input).logarithms, _fold_answers(runner)
        rival = None
        if most == 1 and near and others and student is None and not folds:
            chosen = _best_partner(answers, others[0], labels, logarithms)
            rival, near, answers = near[0], [near[chosen]], [answers[chosen]]
        records, found = [*near[:most], *baseline], [*answers[:most], *others]
        yield from _average_of_best(
            records,
            found,
            labels,
            companions=len(baseline),
            logarithms=logarithms,
            folds=folds,
            leading=student is not None,
            rival=rival,
        )
        return
    records, found = [*near, *baseline], [*answers, *others]
    options = {"objective": objective, "most": most, "companions": len(baseline)}
    options["levels"] = levels
    yield from _selected_average(records, found, labels, options)


def _best_partner(
    answers: Sequence[np.ndarray], baseline: np.ndarray, labels: np.ndarray, logarithms: bool
) -> int:
    """Returns which trial has the lowest log loss in an average with the baseline.

    Args:
        answers: of trials, the best first.
        baseline: its answers.
        labels: labels of these texts.
        logarithms: whether they may be averaged.
    """
    rate = Rating(labels, "log_loss")

    def rated(index: int) -> Any:
        both = np.stack([answers[index], baseline], dtype="float64")
        return rate(average(both, *_weights(both, labels, 1, logarithms)))

    return max(range(len(answers)), key=rated)


def _average_of_best(
    records: list[TrialRecord],
    answers: list[np.ndarray],
    labels: np.ndarray,
    companions: int,
    logarithms: bool,
    folds: Mapping[str, np.ndarray],
    leading: bool = False,
    rival: TrialRecord | None = None,
) -> Iterator[Candidate]:
    """Yields an average of the best trials with the baseline, if it is not clearly less accurate.

    With `logarithms` these are averaged, else probabilities; see `_weights`. The average may be as
    much less accurate than the best trial as chance allows, one standard error; a best trial
    without an error on `CLEAR` texts or more stays alone. The last `companions` records are
    baselines, of which there is at most one. Where trials were cross-validated, their answers to
    the inputs of `folds` decide, and the other trials take no part. With `leading` the first record
    is to have most of the weight. `rival` is the best trial, where the first record need not be.
    """
    judged, truth = answers, labels
    known = [index for index, record in enumerate(records) if record.trial_id in folds]
    if len(known) > companions and not leading:
        records, answers = [records[index] for index in known], [answers[index] for index in known]
        judged, truth = [folds[record.trial_id] for record in records], folds["labels"]
    own = len(records) - companions
    if not own:
        return
    library = np.stack(judged, dtype="float64")
    alone = measure(truth, library[0], {"accuracy"})["accuracy"]
    if rival is not None:
        alone = max(alone, rival.metrics["accuracy"])
    if alone == 1.0 and len(truth) >= CLEAR:
        return
    weights, logarithms = _weights(library, truth, companions, logarithms, leading)
    members = sorted(np.flatnonzero(weights), key=lambda index: (-weights[index], index))
    together = average(library, weights, logarithms)
    reached = measure(truth, together, {"accuracy"})["accuracy"]
    if len(members) < 2 or reached < lowest_likely(alone, len(truth)):
        return
    together = average(answers, weights, logarithms)
    yield Candidate(
        records=tuple(records[index] for index in members),
        weights=tuple(float(weights[index]) for index in members),
        answers=together,
        measures=measure(labels, together),
        alone=(rival or records[0]).score,
        logarithms=logarithms,
    )


def _weights(
    library: np.ndarray,
    labels: np.ndarray,
    companions: int,
    logarithms: bool,
    leading: bool = False,
) -> tuple[np.ndarray, bool]:
    """Chooses the weights of an average, and whether they are of logarithms; see `average`.

    Of logarithms they are those of `fit_weights`. Where these leave one model, or logarithms may
    not be averaged, the probabilities of the best trials have equal weights; how many trials, and
    the share of the baseline, are those of the lowest log loss at the best temperature; but a
    leading model stays alone.

    Args:
        library: answers of trials, the best first, then of `companions` baselines,
            `(models, texts, columns)`.
        labels: labels of these texts.
        companions: 0 or 1.
        logarithms: whether they may be averaged.
        leading: whether the first model is to have most of the weight.
    """
    if logarithms:
        fitted = fit_weights(library, labels, leading)
        if np.count_nonzero(fitted) > 1 or leading:
            return fitted, True
    own = len(library) - companions
    ways = [
        np.r_[
            np.full(count, (1 - share) / count), np.zeros(own - count), np.full(companions, share)
        ]
        for count in range(1, own + 1)
        for share in (sorted({0.0, *SHARES, 1 / (count + 1)}) if companions else (0.0,))
    ]
    rate = Rating(labels, "log_loss")
    rated = [rate(average(library, way)) for way in ways]
    return ways[max(range(len(ways)), key=lambda index: rated[index])], False


def _selected_average(
    records: list[TrialRecord],
    answers: list[np.ndarray],
    labels: np.ndarray,
    options: dict[str, Any],
) -> Iterator[Candidate]:
    """Yields the best average, if it beats the best trial on texts that selected neither.

    The last `companions` records are baselines, which always take part; `options` are those of
    `select_members`.
    """
    if (
        len(records) < 2
        or len(records) == options["companions"]
        or not ensemble_generalizes(answers, labels, **options)
    ):
        return
    found = select_members(answers, labels, **options)
    if len(found.members) < 2:
        return
    together = combine_members(answers, found)
    yield Candidate(
        records=tuple(records[index] for index in found.members),
        weights=found.weights,
        answers=together,
        measures=measure(labels, together, levels=options["levels"]),
        alone=records[0].score,
    )


def _near(
    ranked: list[TrialRecord], labels: np.ndarray, objective: str, levels: Sequence[float]
) -> list[TrialRecord]:
    """Lists the trials that are close to the best one."""
    scale = scale_of(labels, objective, levels)
    shares = [scale.share(record.metrics.get(objective, record.score)) for record in ranked]
    bar = MIN_SKILL * max(shares, default=0.0)
    return [each for each, share in zip(ranked, shares, strict=True) if share >= bar or bar <= 0]


def _trusted_student(
    runner: TrialRunner, ranked: list[TrialRecord], labels: np.ndarray
) -> TrialRecord | None:
    """Returns the trial that learnt by self-training, unless it is clearly worse than the best."""
    student = next((each for each in ranked if each.distilled), None)
    if student is None:
        return None
    own, best = (trial_answers(runner, each, labels) for each in (student, ranked[0]))
    return None if clearly_worse(own, best, labels) else student


def clearly_worse(given: np.ndarray, other: np.ndarray, labels: np.ndarray) -> bool:
    """Returns whether a model is so much less accurate than another that chance is unlikely.

    b texts that only `given` answers rightly, and c that only `other` does:

        c - b > 2 sqrt(b + c)

    Args:
        given, other: answers of both, `(texts, classes)`.
        labels: class numbers.

    Reference:
        McNemar 1947, of whose test this is the normal approximation.
        https://doi.org/10.1007/BF02295996
    """
    own, rival = (each.argmax(axis=1) == labels for each in (given, other))
    won, lost = np.count_nonzero(own & ~rival), np.count_nonzero(rival & ~own)
    return bool(lost - won > STANDARD_ERRORS * np.sqrt(lost + won))


def lowest_likely(accuracy: float, texts: int) -> float:
    """Returns the lower end of an accuracy's interval of one standard error; see `interval`."""
    return interval(accuracy, texts, z=1.0)[0]


def baseline_member(directory: str | Path, kind: str = TEXT.name) -> dict[TrialRecord, Path]:
    """Returns a record of the baseline and its file of predictions; {} without one.

    Args:
        directory: the run folder.
        kind: name of the kind of input.
    """
    place, member = Path(directory), member_of(kind)
    learnt = read_arrays(place / member.learnt) if member.stored(place) else {}
    if not learnt:
        return {}
    reading: dict[str, Any] = {"max_length": None, "truncation": "head"}
    if "words" in learnt:
        reading["vocabulary_size"] = int(learnt["words"])
    if PartTables.of_arrays(learnt) is not None:
        reading["tokens"] = WORD_AND_SUBWORD
    return {TrialRecord(member.name, "baseline", reading): place / member.answers("validation")}


def _fold_answers(runner: TrialRunner) -> dict[str, np.ndarray]:
    """Returns the answers of cross-validated trials by id, and `labels`; {} without any."""
    path = Path(runner.project_dir) / FOLD_ANSWERS
    found = read_arrays(path, ["labels"]) if path.exists() else {}
    return found if all(np.isfinite(each).all() for each in found.values()) else {}
