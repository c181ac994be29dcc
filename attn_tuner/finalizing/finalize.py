"""Ends a search: chooses, calibrates, tests and exports the best model, and records the outcome."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from attn_tuner.errors import BudgetError, ExportError, Infeasible, RunError
from attn_tuner.explaining.series_attention import measure_spans
from attn_tuner.exporting import Bundle
from attn_tuner.exporting.artefact_folder import artefact_folder
from attn_tuner.exporting.export import export_bundle, fit_to_size
from attn_tuner.finalizing.calibration import (
    Calibration,
    apply_temperature,
    calibrate,
    set_temperature,
)
from attn_tuner.finalizing.candidates import (
    Candidate,
    build_candidate,
    has_weights,
    predict_batches,
)
from attn_tuner.finalizing.cross_validation import cross_validate
from attn_tuner.finalizing.doubts import (
    DOUBTS_KEPT,
    doubts_as_asked,
    measured_doubts,
    with_doubts,
)
from attn_tuner.finalizing.quantile_offsets import with_moved_quantiles
from attn_tuner.finalizing.refit import refit_members
from attn_tuner.finalizing.thresholds import (
    Thresholds,
    apply_thresholds,
    choose_thresholds,
    move_logits,
)
from attn_tuner.finalizing.time_reserve import choose_candidates, few_inputs
from attn_tuner.inputs.dataset import Dataset, Part
from attn_tuner.inputs.kinds import kind_named
from attn_tuner.metrics import kind_of, measure
from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checkpoints import save_probabilities
from attn_tuner.storage.layout import BUNDLE, EXPORT, OUTCOME, PROBABILITIES
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import BASELINE_NAMES
from attn_tuner.storage.trial_text import describe_export, describe_rung
from attn_tuner.tasks import QUANTILE_TASK
from attn_tuner.text.dataset_notes import missing_classes
from attn_tuner.tuning.budget import Budget, save_clock
from attn_tuner.tuning.constraints import Constraints, latency_ms
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.tuner import TrialRunner

_log = logging.getLogger(__name__)
REFITTED = (
    "The exported model was trained again on training and validation texts; validation scores are "
    "from before."
)
PARTLY_REFITTED = (
    "Of the exported average, {} of {} members were trained again on training and validation "
    "texts; validation scores are from before."
)
NOT_REFITTED = "The exported model was not trained again."
CHECK_TEXTS = 64  # Validation texts on which the export is compared with the model.


@dataclass(frozen=True, eq=False)
class FinalModel:
    """The model that is exported.

    Args:
        candidate: the trials that it is made of.
        bundle: the calibrated model with its vectorizer.
        answers: its predictions for the validation texts, `(texts, columns)`.
        calibration: effect of the calibration; None for a regression.
        thresholds: effect of decision thresholds; None where they do not help or the objective is
            not an F1.
        notes: sentences for the user.
        refit: bool, whether it, or a member, was trained again with the validation texts.
    """

    candidate: Candidate
    bundle: Bundle
    answers: np.ndarray
    calibration: Calibration | None
    thresholds: Thresholds | None = None
    notes: tuple[str, ...] = ()
    refit: bool = False


def finalize(
    runner: TrialRunner,
    stored: EncodedData,
    dataset: Dataset,
    budget: Budget,
    directory: Path,
    shown: ProgressPanel,
) -> None:
    """Chooses a model, measures it on the test part once, exports it and writes the outcome.

    Args:
        runner: a `TrialRunner` with at least one scored trial.
        stored: the run's `EncodedData`.
        dataset: the run's `Dataset`.
        budget: the run's `Budget`.
        directory: the run folder.
        shown: the progress display.

    Raises:
        BudgetError: no model is within the limits.
        ExportError: the artefact does not reproduce the model's predictions.
        RunError: no trial has its weights any more.
    """
    labels = stored.stores["validation"].labels
    before, refused = Run.read(directory).outcome, []
    # Damaged files have been removed by now, see `repair`.
    kept = all((directory / each).exists() for each in (BUNDLE, EXPORT, PROBABILITIES))
    exported = before.get("members") if kept else None
    if few_inputs(stored, runner.plan):
        shown.begin("cross-validating the best trials")
        cross_validate(runner, stored)
    found = choose_candidates(runner, stored, exported)
    as_asked = doubts_as_asked(before, runner.plan)
    if not found and not exported:
        raise RunError(
            f"No trial in {directory} has its weights any more, so none can be exported. Restore "
            "its checkpoint files, or continue the search with more trials."
        )
    if exported and (not found or _lost(exported, before, found[0], runner)):
        notes = () if as_asked else (DOUBTS_KEPT,)
        remarks = list(dict.fromkeys([*before.get("remarks", ()), *notes]))
        kept_outcome = {**before, "remarks": remarks, "seconds": budget.elapsed()}
        return write_json(directory / OUTCOME, kept_outcome)
    for candidate in found:
        if candidate.shares == exported and as_asked:
            return write_json(directory / OUTCOME, {**before, "seconds": budget.elapsed()})
        shown.begin(f"testing and exporting {describe_export(candidate.shares)}")
        try:
            winner = _prepared(candidate, runner, stored, dataset, budget)
            break
        except Infeasible as reason:
            refused.append(f"Not exported: {describe_export(candidate.shares)}, {reason}.")
            shown.say(refused[-1])
    else:
        raise BudgetError(
            f"No model is within the limits. {' '.join(refused[-1:])} Raise the limits, or narrow "
            "the space."
        )
    outcome = _exported(winner, labels, stored, dataset, budget, directory)
    outcome["remarks"] = [*refused, *winner.notes, *_remarks(candidate)]
    write_json(directory / OUTCOME, {**outcome, "seconds": budget.elapsed()})
    save_clock(budget, directory)
    _log.info(f"exported {describe_export(candidate.shares)} to {directory / EXPORT}")


def _lost(exported: Mapping, before: Mapping, candidate: Candidate, runner: TrialRunner) -> bool:
    """Returns whether the export cannot be made again and beats what could be made now."""
    kept = {record.trial_id for record in runner.ranked() if has_weights(runner, record)}
    if kept.issuperset(each for each in exported if each not in BASELINE_NAMES):
        return False
    objective = runner.plan.objective
    own, other = before.get("validation", {}).get(objective), candidate.measures.get(objective)
    return None not in (own, other) and runner.sign * own >= runner.sign * other


def _prepared(
    candidate: Candidate,
    runner: TrialRunner,
    stored: EncodedData,
    dataset: Dataset,
    budget: Budget,
) -> FinalModel:
    """Builds the model of a candidate: refitted if asked for, calibrated, shrunk, with its sets.

    Raises:
        Infeasible: it exceeds a limit.
    """
    labels = stored.stores["validation"].labels
    again = refit_members(candidate, runner, stored, budget) if runner.plan.refit else {}
    model = build_candidate(candidate, runner, labels, again)
    answers, calibration, thresholds = candidate.answers, None, None
    if kind_of(labels) != "number":
        calibration = calibrate(labels, answers)
        set_temperature(model, calibration.temperature)
        answers = apply_temperature(answers, calibration.temperature, kind_of(labels))
        thresholds = choose_thresholds(labels, answers, runner.plan.objective)
    if dataset.task == QUANTILE_TASK:
        model, answers = with_moved_quantiles(model, labels, answers)
    if thresholds:
        move_logits(model, thresholds.moves)
        answers = apply_thresholds(answers, thresholds.at)
    bundle = kind_named(dataset.input).part("bundle")(
        stored.encoder, model, dataset.classes, **candidate.reading(), task=dataset.task
    )
    bundle, answers, notes = _within(
        Constraints(**runner.plan.limits), bundle, answers, stored, dataset.validation
    )
    bundle, said = with_doubts(bundle, labels, answers, runner.plan)
    notes = (*notes, *said)
    if again or runner.plan.asked.get("refit"):  # By default it is done only where there is time.
        notes = (*notes, _refit_note(len(again), len(candidate.records)))
    return FinalModel(candidate, bundle, answers, calibration, thresholds, notes, bool(again))


def _refit_note(again: int, members: int) -> str:
    """Says how many members were trained again."""
    if again in (0, members):
        return REFITTED if again else NOT_REFITTED
    return PARTLY_REFITTED.format(again, members)


def _within(
    allowed: Constraints,
    bundle: Bundle,
    answers: np.ndarray,
    stored: EncodedData,
    validation: Part,
) -> tuple[Bundle, np.ndarray, tuple[str, ...]]:
    """Shrinks a model that is too large; returns the bundle, its predictions and notes."""
    if not allowed:
        return bundle, answers, ()
    megabytes, notes = 0.0, ()
    if allowed.size_mb:
        texts, labels = validation.inputs[:CHECK_TEXTS], validation.labels[:CHECK_TEXTS]
        try:
            small, megabytes, notes = fit_to_size(bundle, allowed.size_mb, texts, labels)
        except ExportError as error:
            raise Infeasible(str(error).rstrip(".")) from error
        if small is not bundle:
            bundle = small
            answers = predict_batches(bundle.model, stored.validation(bundle.reading))
    took = latency_ms(bundle.model, bundle.max_length) if allowed.latency_ms else 0.0
    if reason := allowed.broken(bundle.model.count_params(), megabytes, took):
        raise Infeasible(reason)
    return bundle, answers, notes


def _exported(
    winner: FinalModel,
    labels: np.ndarray,
    stored: EncodedData,
    dataset: Dataset,
    budget: Budget,
    directory: Path,
) -> dict:
    """Measures the model on the test part and exports it; returns the outcome."""
    candidate = winner.candidate
    scores = {"validation": measure(labels, winner.answers), "test": {}}
    truth = answers = None
    if stored.size("test"):
        batches = stored.test(winner.bundle.reading)
        truth, answers = batches.labels, predict_batches(winner.bundle.model, batches)
        scores["test"] = measure(truth, answers)
    found = {
        "members": candidate.shares,
        "calibration": winner.calibration and asdict(winner.calibration),
        "thresholds": winner.thresholds and asdict(winner.thresholds),
        **measured_doubts(winner.bundle, truth, answers, dataset.classes),
        "refit": winner.refit,
    }
    card = {
        "data": {"name": dataset.name, "fingerprint": dataset.fingerprint, **stored.sizes()},
        "scores": scores,
        **found,
        "values": {record.trial_id: record.trained for record in candidate.trials},
    }
    bundle = winner.bundle.with_model(winner.bundle.model, card=card)
    with artefact_folder(directory / BUNDLE) as draft:
        bundle.save(draft)
    save_probabilities(winner.answers.astype("float32"), directory)
    lacking = {
        role: absent
        for role, part in dataset.parts().items()
        if role != "train"
        if (absent := missing_classes(part.labels, dataset.classes))
    }
    with budget.measure("export"):
        held_out = dataset.validation.inputs[:CHECK_TEXTS]
        delivered = export_bundle(bundle, directory / EXPORT, texts=held_out)[0]
    return {
        "winner": candidate.trials[0].trial_id,
        **found,
        "alone": candidate.alone,
        **scores,
        "lacking": lacking,
        "test_texts": stored.size("test"),
        "attention": measure_spans(bundle, dataset.test or dataset.validation),
        "export": str(directory / EXPORT),
        "megabytes": delivered.megabytes,
        "difference": delivered.proof.difference,
    }


def _remarks(candidate: Candidate) -> list[str]:
    return [*_on_rung(candidate), *_hurried(candidate)]


def _on_rung(candidate: Candidate) -> list[str]:
    """Says what the best trial was trained with, where its rung is not the highest."""
    winner = candidate.trials[0]
    if winner.share == 1:
        return []
    return [
        f"Trial {winner.trial_id} was trained on a rung with {winner.share:.0%} of the resources "
        f"of a full trial: {describe_rung(winner)}."
    ]


def _hurried(candidate: Candidate) -> list[str]:
    """Says that the time limit stopped the best trial within its first epoch."""
    winner = candidate.trials[0]
    seen = max((each.get("epochs", 0.0) for each in winner.history), default=1.0)
    if winner.status != "cut" or seen >= 1:
        return []
    return [
        f"The best trial saw {seen:.0%} of the training texts: the time limit is too short for one "
        "epoch. Raise max_time and run the same call again on the same folder."
    ]
