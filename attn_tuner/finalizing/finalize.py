"""The end of a search: the winner calibrated, measured on the test part, exported, written down."""

import logging
from dataclasses import asdict, dataclass

import numpy as np

from attn_tuner.errors import BudgetError, ExportError, Infeasible, RunError
from attn_tuner.exporting import Bundle
from attn_tuner.exporting.artefact_folder import artefact_folder
from attn_tuner.exporting.export import export_bundle, fit_to_size
from attn_tuner.finalizing.calibration import (
    Calibration,
    at_temperature,
    calibrate,
    set_temperature,
)
from attn_tuner.finalizing.candidates import Candidate, answers_of, assembled, has_weights
from attn_tuner.finalizing.refit import refitted
from attn_tuner.finalizing.thresholds import (
    Thresholds,
    at_thresholds,
    chosen_thresholds,
    move_logits,
)
from attn_tuner.finalizing.time_reserve import in_time, room_for_refit
from attn_tuner.metrics import kind_of, measure
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checkpoints import save_probabilities
from attn_tuner.storage.layout import BUNDLE, EXPORT, OUTCOME, PROBABILITIES
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import LINEAR_NAME
from attn_tuner.storage.trial_text import describe_export, describe_rung
from attn_tuner.text.dataset_notes import missing_classes
from attn_tuner.tuning.budget import save_clock
from attn_tuner.tuning.constraints import Constraints, latency_ms

_log = logging.getLogger(__name__)
AGAIN = (
    "The exported model was trained again, on training and validation texts together; what is said "
    "of validation is of the trial that it repeats."
)
NOT_AGAIN = "The exported model is the one that validation chose; it was not trained again."
COMPARED = 64  # Validation texts on which the export must give what the model gives.


@dataclass(frozen=True, eq=False)
class FinalModel:
    """What is exported.

    Args:
        candidate: the trials that it is made of.
        bundle: its calibrated model.
        answers: to the validation texts.
        calibration: what calibration changed; None where the answers are no probabilities.
        thresholds: what they changed; None where one half is as good, or F1 is not the objective.
        notes: what there is to know, in sentences.
        refit: whether the model was trained again, with the validation texts.
    """

    candidate: Candidate
    bundle: Bundle
    answers: np.ndarray
    calibration: Calibration | None
    thresholds: Thresholds | None = None
    notes: tuple[str, ...] = ()
    refit: bool = False


def finish(runner, stored, dataset, budget, directory, shown):
    """Chooses what to export, measures it on the test part, once, exports it, writes it all down.

    Args:
        runner: a `TrialRunner` with at least one scored trial.
        stored: the run's `EncodedData`.
        dataset: its `TextDataset`.
        budget, directory: of the run.
        shown: a `Progress`.

    Raises:
        BudgetError: no trial keeps within the limits.
        ExportError: the artefact does not give what the model gives.
    """
    labels = stored.stores["validation"].labels
    before, refused = Run.read(directory).outcome, []
    # What was damaged is gone by now, see `mending`.
    kept = all((directory / each).exists() for each in (BUNDLE, EXPORT, PROBABILITIES))
    exported = before.get("members") if kept else None
    found = in_time(runner, stored, exported)
    if not found and not exported:
        raise RunError(
            f"No trial in {directory} has its weights any more, so none can be exported. Put back "
            "copies of its checkpoint files, or let it go on with more trials."
        )
    if exported and (not found or _lost(exported, before, found[0], runner)):
        return write_json(directory / OUTCOME, {**before, "seconds": budget.elapsed()})
    for candidate in found:
        if candidate.shares == exported:
            return write_json(directory / OUTCOME, {**before, "seconds": budget.elapsed()})
        shown.say(f"The best is {describe_export(candidate.shares)}; measuring and exporting it.")
        try:
            winner = _prepared(candidate, runner, stored, dataset, budget)
            break
        except Infeasible as reason:
            refused.append(f"Not exported was {describe_export(candidate.shares)}: {reason}.")
            shown.say(refused[-1])
    else:
        raise BudgetError(
            f"No model keeps within the limits. {' '.join(refused[-1:])} Allow more, or narrow the "
            "space."
        )
    outcome = _exported(winner, labels, stored, dataset, budget, directory)
    outcome["remarks"] = [*refused, *winner.notes, *_remarks(candidate)]
    write_json(directory / OUTCOME, {**outcome, "seconds": budget.elapsed()})
    save_clock(budget, directory)
    _log.info(f"exported {describe_export(candidate.shares)} to {directory / EXPORT}")


def _lost(exported, before, candidate, runner) -> bool:
    """Whether what was exported cannot be made again, and is better than what could be now."""
    kept = {record.trial_id for record in runner.ranked() if has_weights(runner, record)}
    if kept.issuperset(each for each in exported if each != LINEAR_NAME):
        return False
    objective = runner.plan.objective
    own, other = before.get("validation", {}).get(objective), candidate.measures.get(objective)
    return None not in (own, other) and runner.sign * own >= runner.sign * other


def _prepared(candidate, runner, stored, dataset, budget) -> FinalModel:
    """The candidate, trained again where that is wanted, calibrated, as small as it must be.

    Raises:
        Infeasible: it breaks a limit.
    """
    labels = stored.stores["validation"].labels
    again = _again(candidate, runner, stored, budget)
    model = again or assembled(candidate, runner, labels)
    answers, calibration, thresholds = candidate.answers, None, None
    if kind_of(labels) != "number":
        calibration = calibrate(labels, answers)
        set_temperature(model, calibration.temperature)
        answers = at_temperature(answers, calibration.temperature, kind_of(labels))
        thresholds = chosen_thresholds(labels, answers, runner.plan.objective)
    if thresholds:
        move_logits(model, thresholds.moves)
        answers = at_thresholds(answers, thresholds.at)
    bundle = Bundle(
        stored.vectorizer, model, dataset.classes, **candidate.reading(), task=dataset.task
    )
    bundle, answers, notes = _within(
        Constraints(**runner.plan.limits), bundle, answers, stored, dataset.validation
    )
    if runner.plan.refit:
        notes = (*notes, AGAIN if again else NOT_AGAIN)
    return FinalModel(candidate, bundle, answers, calibration, thresholds, notes, again is not None)


def _again(candidate, runner, stored, budget):
    """The single winner trained again with the validation texts; None where it is not."""
    record = candidate.trials[0]
    if not runner.plan.refit or len(candidate.records) > 1 or record.pretrained:
        return None
    if not room_for_refit(budget, stored, record.seconds):
        return None
    return refitted(record, runner.hypermodel, stored, budget)


def _within(allowed, bundle, answers, stored, validation):
    """The bundle, shrunk where its artefact is too large, with its answers, and notes on that."""
    if not allowed:
        return bundle, answers, ()
    megabytes, notes = 0.0, ()
    if allowed.size_mb:
        texts, labels = validation.texts[:COMPARED], validation.labels[:COMPARED]
        try:
            small, megabytes, notes = fit_to_size(bundle, allowed.size_mb, texts, labels)
        except ExportError as error:
            raise Infeasible(str(error).rstrip(".")) from error
        if small is not bundle:
            bundle = small
            answers = answers_of(bundle.model, stored.validation(bundle.token_limits))
    took = latency_ms(bundle.model, bundle.max_length) if allowed.latency_ms else 0.0
    if reason := allowed.broken(bundle.model.count_params(), megabytes, took):
        raise Infeasible(reason)
    return bundle, answers, notes


def _exported(winner, labels, stored, dataset, budget, directory) -> dict:
    """Measures and exports the winner; returns the outcome."""
    candidate = winner.candidate
    scores = {"validation": measure(labels, winner.answers), "test": {}}
    if stored.size("test"):
        batches = stored.test(winner.bundle.token_limits)
        scores["test"] = measure(batches.labels, answers_of(winner.bundle.model, batches))
    found = {
        "members": candidate.shares,
        "calibration": winner.calibration and asdict(winner.calibration),
        "thresholds": winner.thresholds and asdict(winner.thresholds),
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
        held_out = dataset.validation.texts[:COMPARED]
        delivered = export_bundle(bundle, directory / EXPORT, texts=held_out)[0]
    return {
        "winner": candidate.trials[0].trial_id,
        **found,
        "alone": candidate.alone,
        **scores,
        "lacking": lacking,
        "test_texts": stored.size("test"),
        "export": str(directory / EXPORT),
        "megabytes": delivered.megabytes,
        "difference": delivered.proof.difference,
    }


def _remarks(candidate) -> list[str]:
    return [*_on_rung(candidate), *_hurried(candidate)]


def _on_rung(candidate) -> list[str]:
    """What the first of the trials was given, where its rung is not the highest."""
    winner = candidate.trials[0]
    if winner.share == 1:
        return []
    return [
        f"Trial {winner.trial_id} is exported as it was measured, on a rung with "
        f"{winner.share:.0%} of what a trial may be given: {describe_rung(winner)}."
    ]


def _hurried(candidate) -> list[str]:
    """That the winner was cut before it had seen all training texts once."""
    winner = candidate.trials[0]
    seen = max((each.get("epochs", 0.0) for each in winner.history), default=1.0)
    if winner.status != "cut" or seen >= 1:
        return []
    return [
        f"The winner saw {seen:.0%} of the training part once: the time was too short for one "
        "epoch. Give more with max_time, and call it again on the same folder."
    ]
