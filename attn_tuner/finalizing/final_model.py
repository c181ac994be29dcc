"""The model that a search exports: calibrated, within the limits, tested once and written."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

import keras
import numpy as np

from attn_tuner.errors import ExportError, Infeasible
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
from attn_tuner.finalizing.candidates import Candidate
from attn_tuner.finalizing.doubts import measured_doubts, with_doubts
from attn_tuner.finalizing.quantile_offsets import measured_quantiles, with_moved_quantiles
from attn_tuner.finalizing.thresholds import (
    Thresholds,
    apply_thresholds,
    choose_thresholds,
    move_logits,
)
from attn_tuner.inputs.dataset import Dataset, Part
from attn_tuner.inputs.kinds import kind_named
from attn_tuner.metrics import kind_of, measure
from attn_tuner.storage.checkpoints import save_probabilities
from attn_tuner.storage.layout import BUNDLE, EXPORT
from attn_tuner.storage.plan import Plan
from attn_tuner.tasks import task_named
from attn_tuner.text.dataset_notes import missing_classes
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.constraints import Constraints, latency_ms
from attn_tuner.tuning.encoded_data import EncodedData

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


def final_model(
    candidate: Candidate, model: keras.Model, stored: EncodedData, dataset: Dataset, plan: Plan
) -> FinalModel:
    """Calibrates a model, shrinks it into the limits, and adds what it says of its doubt.

    Args:
        candidate: what the model was built from.
        model: `keras.Model`, changed in place.
        stored: the run's `EncodedData`.
        dataset: the run's `Dataset`.
        plan: of the search.

    Raises:
        Infeasible: it exceeds a limit.
    """
    labels = stored.stores["validation"].labels
    answers, calibration, thresholds = candidate.answers, None, None
    if kind_of(labels) != "number":
        calibration = calibrate(labels, answers)
        set_temperature(model, calibration.temperature)
        answers = apply_temperature(answers, calibration.temperature, kind_of(labels))
        thresholds = choose_thresholds(labels, answers, plan.objective)
    if levels := task_named(dataset.task, len(dataset.classes)).levels:
        model, answers = with_moved_quantiles(model, labels, answers, levels)
    if thresholds:
        move_logits(model, thresholds.moves)
        answers = apply_thresholds(answers, thresholds.at)
    bundle = kind_named(dataset.input).part("bundle")(
        stored.encoder, model, dataset.classes, **candidate.reading(), task=dataset.task
    )
    bundle, answers, notes = _within(
        Constraints(**plan.limits), bundle, answers, stored, dataset.validation
    )
    bundle, said = with_doubts(bundle, labels, answers, plan)
    return FinalModel(candidate, bundle, answers, calibration, thresholds, (*notes, *said))


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
            answers = bundle.predictor.in_store_order(stored.validation(bundle.batch_values))
    took = latency_ms(bundle.model, bundle.max_length) if allowed.latency_ms else 0.0
    if reason := allowed.broken(bundle.model.count_params(), megabytes, took):
        raise Infeasible(reason)
    return bundle, answers, notes


def export_final(
    winner: FinalModel,
    stored: EncodedData,
    dataset: Dataset,
    budget: Budget,
    directory: Path,
    facts: Mapping = MappingProxyType({}),
) -> dict:
    """Measures the model on the test part and exports it; returns the outcome.

    Args:
        winner: the model.
        stored, dataset, budget, directory: as of `finalize`.
        facts: further ones for the model card, JSON values.

    Raises:
        ExportError: the artefact does not reproduce the model's predictions.
    """
    candidate, labels = winner.candidate, stored.stores["validation"].labels
    levels = winner.bundle.answers.levels
    scores = {"validation": measure(labels, winner.answers, levels=levels), "test": {}}
    truth = answers = None
    if stored.size("test"):
        batches = stored.test(winner.bundle.batch_values)
        truth, answers = batches.labels, winner.bundle.predictor.in_store_order(batches)
        scores["test"] = measure(truth, answers, levels=levels)
    found = {
        "members": candidate.shares,
        "logarithms": candidate.logarithms,
        "calibration": winner.calibration and asdict(winner.calibration),
        "thresholds": winner.thresholds and asdict(winner.thresholds),
        **measured_doubts(winner.bundle, truth, answers, dataset.classes),
        "refit": winner.refit,
    }
    if levels and truth is not None and answers is not None:
        found["quantiles"] = measured_quantiles(truth, answers, levels)
    card = {
        "data": {"name": dataset.name, "fingerprint": dataset.fingerprint, **stored.sizes()},
        "scores": scores,
        **found,
        "values": {record.trial_id: record.trained for record in candidate.trials},
        **facts,
    }
    bundle = winner.bundle.with_model(winner.bundle.model, card=card)
    with artefact_folder(directory / BUNDLE) as draft:
        bundle.save(draft)
    save_probabilities(winner.answers.astype("float32"), directory)
    lacking = {
        role: absent
        for role in ("validation", "test")
        if role in stored.stores
        and (absent := missing_classes(stored.stores[role].labels, dataset.classes))
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
