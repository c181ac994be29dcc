"""Lists what a search may export, the best first: an average of models, then single trials."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import keras
import numpy as np

from attn_tuner.baselines.members import MEMBERS, member_of
from attn_tuner.errors import DamagedFile
from attn_tuner.finalizing.ensemble import (
    combine_members,
    ensemble_generalizes,
    ensemble_model,
    select_members,
)
from attn_tuner.finalizing.rating import Rating
from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.inputs.kinds import TEXT
from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.layers.token_limits import reading_of
from attn_tuner.metrics import columns_of, interval, kind_of, measure
from attn_tuner.settings.derived import FEW_TEXTS
from attn_tuner.storage.checked_files import read_array, read_arrays
from attn_tuner.storage.checkpoints import load_probabilities, load_weights, save_probabilities
from attn_tuner.storage.layout import FOLD_ANSWERS, WEIGHTS
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import BASELINE_NAMES, TrialRecord
from attn_tuner.text.subwords import WORD_AND_SUBWORD, PartTables
from attn_tuner.tuning.chance_level import scale_of
from attn_tuner.tuning.tuner import TrialRunner

CLEAR = 100  # Validation texts, all answered rightly, of which fewer tell little.
MIN_SKILL = 0.9  # Of the best trial's distance from chance, to be averaged with it.
SHARES = (1 / 3, 1 / 2, 2 / 3, 4 / 5, 9 / 10, 29 / 30)  # Of the baseline, to try.


class TrainedTrials(Protocol):
    """What models are built from: a `TrialRunner`, or the trials of a run folder."""

    @property
    def hypermodel(self) -> Any:
        """Builds the model of a trial's values."""
        ...

    @property
    def project_dir(self) -> str | Path:
        """The run folder."""
        ...

    def get_trial_dir(self, trial_id: str) -> str | Path:
        """Returns the folder of a trial."""
        ...


@dataclass(frozen=True, eq=False)
class Candidate:
    """A model that may be exported: a trial, or an average of trials and a baseline.

    Args:
        records: records of the members, the greatest weight first; the baseline has its name as id,
            one of `BASELINE_NAMES`.
        weights: weight of each member, summing to 1.
        answers: predictions for the validation texts, `(texts, columns)`.
        measures: their validation metrics by name.
        alone: for an average, the objective of the best single trial; else None.
    """

    records: tuple[TrialRecord, ...]
    weights: tuple[float, ...]
    answers: np.ndarray
    measures: dict
    alone: float | None = None

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """The records without the baseline, the greatest weight first."""
        return tuple(each for each in self.records if each.trial_id not in BASELINE_NAMES)

    @property
    def shares(self) -> dict[str, float]:
        """Trial id to weight, the greatest first."""
        ids = [record.trial_id for record in self.records]
        return dict(zip(ids, self.weights, strict=True))

    def reading(self) -> dict:
        """How a bundle reads inputs for it: `max_length`, `truncation`; of texts `vocabulary_size`.

        Each member truncates inputs itself, so the bundle only has to keep enough for all.
        """
        values = [reading_of(record.trained) for record in self.records]
        truncations = {each["truncation"] for each in values}
        limits = [each["max_length"] for each in values]
        sizes = [each["vocabulary_size"] for each in values if "vocabulary_size" in each]
        limit = max(limits) if len(truncations) == 1 and None not in limits else None
        found = {"max_length": limit, "truncation": truncations.pop() if limit else "head"}
        return (
            {**found, "vocabulary_size": None if None in sizes else max(sizes)} if sizes else found
        )


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
    answers = [_answers(runner, each, labels) for each in kept]
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
    error.

    Args:
        given, best: a trial and the one with the best score, with their answers.
        labels: labels of the validation texts.
        plan: of the search.
    """
    record, leader = given[0], best[0]
    few = plan.objective == "accuracy" and len(labels) < FEW_TEXTS
    if not record.distilled or record is leader or not few:
        return False
    rate = Rating(labels, "log_loss")
    own, other = (rate(np.asarray(each[1], "float64")) for each in (given, best))
    lowest = _lowest_likely(leader.metrics["accuracy"], len(labels))
    return own > other and record.metrics["accuracy"] >= lowest


def has_weights(runner: TrainedTrials, record: TrialRecord) -> bool:
    """Returns whether the weights of a trial are saved."""
    return (_place(runner, record) / WEIGHTS).exists()


def _answers(runner: TrialRunner, record: TrialRecord, labels: np.ndarray) -> np.ndarray:
    """Loads a trial's validation predictions; predicts again where the file is damaged."""
    place = _place(runner, record)
    try:
        return load_probabilities(place, (len(labels), None))
    except DamagedFile:
        model = runner.hypermodel.model(record.trained)
        load_weights(model, place)
        given = predict_batches(model, runner.trainer.validation(record.trained))
        found = columns_of(labels, given).astype("float32")
        save_probabilities(found, place)
        return found


def averages(runner: TrialRunner, labels: np.ndarray, most: int) -> Iterator[Candidate]:
    """Yields an average that is probably better than the best trial.

    A trial that learnt from an average takes no part. Trials less than `MIN_SKILL` as far from
    chance as the best one are left out, such as those pruned early: they err so much more often
    that a gain from them is chance. Where the objective is accuracy and there are fewer than
    `FEW_TEXTS` validation texts, which cannot tell good members from lucky ones, the best trials
    are averaged equally; else members are selected.

    Args:
        runner: a `TrialRunner`; trials without saved weights are left out.
        labels: labels of the validation texts.
        most: int, number of trials in an average at most.
    """
    objective = runner.plan.objective
    levels = runner.plan.answers().levels
    kept = [each for each in runner.ranked() if has_weights(runner, each) and not each.distilled]
    near = _near(kept, labels, objective, levels)
    answers = [_answers(runner, each, labels) for each in near]
    baseline = baseline_member(runner.project_dir, runner.plan.input)
    others = [read_array(path, (len(labels), None)) for path in baseline.values()]
    if objective == "accuracy" and len(labels) < FEW_TEXTS:
        records, found = [*near[:most], *baseline], [*answers[:most], *others]
        yield from _equal_average(records, found, len(baseline), labels, _fold_answers(runner))
        return
    if most == 1:
        near, answers = near[:1], answers[:1]
    records, found = [*near, *baseline], [*answers, *others]
    options = {"objective": objective, "most": most + len(baseline), "companions": len(baseline)}
    options["levels"] = levels
    yield from _selected_average(records, found, labels, options)


def _equal_average(
    records: list[TrialRecord],
    answers: list[np.ndarray],
    companions: int,
    labels: np.ndarray,
    folds: Mapping[str, np.ndarray],
) -> Iterator[Candidate]:
    """Yields the mean of the best trials with the baseline, if the log loss speaks for it.

    How many trials, and the share of the baseline, are those of the lowest log loss at the best
    temperature. It may be as much less accurate than the best trial as chance allows, one standard
    error; a best trial without an error on `CLEAR` texts or more stays alone. The last `companions`
    records are baselines, of which there is at most one. Where trials were cross-validated, their
    answers to the inputs of `folds` decide, and the other trials take no part.
    """
    judged, truth = answers, labels
    known = [index for index, record in enumerate(records) if record.trial_id in folds]
    if len(known) > companions:
        records, answers = [records[index] for index in known], [answers[index] for index in known]
        judged, truth = [folds[record.trial_id] for record in records], folds["labels"]
    own = len(records) - companions
    if not own:
        return
    rate = Rating(truth, "log_loss")
    library = np.stack(judged, dtype="float64")
    alone = measure(truth, library[0], {"accuracy"})["accuracy"]
    if alone == 1.0 and len(truth) >= CLEAR:
        return
    ways = [
        np.r_[
            np.full(count, (1 - share) / count), np.zeros(own - count), np.full(companions, share)
        ]
        for count in range(1, own + 1)
        for share in (sorted({0.0, *SHARES, 1 / (count + 1)}) if companions else (0.0,))
    ]
    rated = [rate(np.tensordot(way, library, axes=1)) for way in ways]
    weights = ways[max(range(len(ways)), key=lambda index: rated[index])]
    members = sorted(np.flatnonzero(weights), key=lambda index: (-weights[index], index))
    reached = measure(truth, np.tensordot(weights, library, axes=1), {"accuracy"})["accuracy"]
    if len(members) < 2 or reached < _lowest_likely(alone, len(truth)):
        return
    together = np.tensordot(weights, np.stack(answers, dtype="float64"), axes=1)
    yield Candidate(
        records=tuple(records[index] for index in members),
        weights=tuple(float(weights[index]) for index in members),
        answers=together,
        measures=measure(labels, together),
        alone=records[0].score,
    )


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


def _lowest_likely(accuracy: float, texts: int) -> float:
    """Returns the lower end of an accuracy's interval of one standard error; see `interval`."""
    return interval(accuracy, texts, z=1.0)[0]


def _near(
    ranked: list[TrialRecord], labels: np.ndarray, objective: str, levels: Sequence[float]
) -> list[TrialRecord]:
    """Lists the trials that are close to the best one."""
    scale = scale_of(labels, objective, levels)
    shares = [scale.share(record.metrics.get(objective, record.score)) for record in ranked]
    bar = MIN_SKILL * max(shares, default=0.0)
    return [each for each, share in zip(ranked, shares, strict=True) if share >= bar or bar <= 0]


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


def build_candidate(
    candidate: Candidate,
    runner: TrainedTrials,
    labels: np.ndarray,
    trained_again: Mapping[str, Any] = MappingProxyType({}),
) -> keras.Model:
    """Builds the Keras model of a candidate with its trained weights.

    Args:
        candidate: what to build.
        runner: the `TrialRunner` that trained it, or where else its trials lie.
        labels: labels of the validation texts, for the kind of task.
        trained_again: id of a member to its weights after another training, or, of the baseline,
            to what it has learnt then.
    """
    models = []
    for record in candidate.records:
        name = record.trial_id
        if member := MEMBERS.get(name):
            place = Path(runner.project_dir) / member.learnt
            models.append(member.part("build")(trained_again.get(name) or read_arrays(place)))
            continue
        model = runner.hypermodel.model(record.trained)
        if name in trained_again:
            model.set_weights(trained_again[name])
        else:
            load_weights(model, _place(runner, record))
        models.append(model)
    if len(models) == 1:
        return models[0]
    return ensemble_model(models, candidate.weights, kind_of(labels))


def predict_batches(model: keras.Model, batches: LengthBatches) -> np.ndarray:
    """Predicts all texts of the batches, `(texts, columns)`, in the order of the store."""
    return batches.in_store_order(model.predict(prefetch(batches), verbose=0))


def _place(runner: TrainedTrials, record: TrialRecord) -> Path:
    return Path(runner.get_trial_dir(record.trial_id))
