"""What a search may export, the best first: trials and the linear model averaged, or one trial."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from attn_tuner.errors import DamagedFile
from attn_tuner.finalizing.ensemble import combine, ensemble_model, holds, select
from attn_tuner.layers.ngram_regression import linear_model
from attn_tuner.metrics import columns_of, kind_of, measure
from attn_tuner.storage.checked_files import read_array, read_arrays
from attn_tuner.storage.checkpoints import load_probabilities, load_weights, save_probabilities
from attn_tuner.storage.layout import LINEAR, WEIGHTS, linear_answers
from attn_tuner.storage.trial_record import LINEAR_NAME, TrialRecord
from attn_tuner.text.prefetch import prefetch
from attn_tuner.tuning.chance_level import scale_of

NEAR = 0.9  # Of the way from chance to the best trial, to be averaged with it.


@dataclass(frozen=True, eq=False)
class Candidate:
    """A trial, or an average of trials, perhaps with the linear baseline.

    Args:
        records: of the trials, the heaviest first; the linear baseline has one, `LINEAR_NAME`.
        weights: their shares, summing to 1.
        answers: to the validation texts, `(texts, columns)`.
        measures: of these answers.
        alone: the objective of the best single trial, where this is an average.
    """

    records: tuple[TrialRecord, ...]
    weights: tuple[float, ...]
    answers: np.ndarray
    measures: dict
    alone: float | None = None

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """The records without that of the linear baseline, the heaviest first."""
        return tuple(record for record in self.records if record.trial_id != LINEAR_NAME)

    @property
    def shares(self) -> dict[str, float]:
        """Trial to weight, the heaviest first."""
        ids = [record.trial_id for record in self.records]
        return dict(zip(ids, self.weights, strict=True))

    def reading(self) -> dict:
        """How a bundle reads texts for it: `max_length`, `truncation` and `vocabulary_size`.

        The members cut texts themselves, so the bundle need only leave each what it wants.
        """
        values = [record.trained for record in self.records]
        truncations = {each["truncation"] for each in values}
        limits = [each["max_length"] for each in values]
        limit = max(limits) if len(truncations) == 1 and None not in limits else None
        return {
            "max_length": limit,
            "truncation": truncations.pop() if limit else "head",
            "vocabulary_size": max(each["vocabulary_size"] for each in values),
        }


def candidates(runner, labels: np.ndarray, most: int = 1) -> Iterator[Candidate]:
    """An average of up to `most` trials where it holds on texts that did not choose it, then each.

    The linear baseline, which errs elsewhere, may join the trials where the plan allows averages.

    Args:
        runner: a `TrialRunner`; only trials whose weights are still there count.
        labels: of the validation texts.
        most: trials in an average at most.
    """
    kept = [each for each in runner.ranked() if has_weights(runner, each)]
    answers = [_answers(runner, each, labels) for each in kept]
    # Of an average nobody has measured how faithful it is.
    if runner.plan.ensemble > 1 and not runner.plan.faithful:
        yield from _averages(kept, answers, runner, labels, most)
    for record, own in zip(kept, answers, strict=True):
        yield Candidate((record,), (1.0,), np.asarray(own, "float64"), dict(record.metrics))


def has_weights(runner, record) -> bool:
    """Whether the weights of a trial are still on the disk."""
    return (_place(runner, record) / WEIGHTS).exists()


def _answers(runner, record, labels) -> np.ndarray:
    """A trial's answers to the validation texts; asked of its model again where they are lost."""
    place = _place(runner, record)
    try:
        return load_probabilities(place, (len(labels), None))
    except DamagedFile:
        model = runner.hypermodel.model(record.trained)
        load_weights(model, place)
        given = answers_of(model, runner.trainer.validation(record.trained))
        found = columns_of(labels, given).astype("float32")
        save_probabilities(found, place)
        return found


def _averages(kept, answers, runner, labels, most) -> Iterator[Candidate]:
    """The best average, if it is better than the best trial on texts that chose neither.

    Trials that came less than `NEAR` as far from chance as the best one are no candidates, as when
    they were pruned or cut early: they err so much oftener that what a selection sees in them is
    chance or a temperature. The linear baseline always is one.
    """
    near = _near(kept, labels, runner.plan.objective)
    answers = [own for own, record in zip(answers, kept, strict=True) if record in near]
    kept = near
    if most == 1:
        kept, answers = kept[:1], answers[:1]
    beside = _linear(runner)
    others = [read_array(path, (len(labels), None)) for path in beside.values()]
    kept, answers = [*kept, *beside], [*answers, *others]
    options = {"objective": runner.plan.objective, "most": most + len(beside)}
    options["companions"] = len(beside)
    if len(kept) < 2 or len(kept) == len(beside) or not holds(answers, labels, **options):
        return
    found = select(answers, labels, **options)
    if len(found.members) > 1:
        together = combine(answers, found)
        yield Candidate(
            records=tuple(kept[index] for index in found.members),
            weights=found.weights,
            answers=together,
            measures=measure(labels, together),
            alone=kept[0].score,
        )


def _near(ranked, labels, objective) -> list[TrialRecord]:
    """The trials that are not far below the best."""
    scale = scale_of(labels, objective)
    shares = [scale.share(record.metrics.get(objective, record.score)) for record in ranked]
    bar = NEAR * max(shares, default=0.0)
    return [each for each, share in zip(ranked, shares, strict=True) if share >= bar or bar <= 0]


def _linear(runner) -> dict[TrialRecord, Path]:
    """The linear baseline's record and the file of its answers; nothing where it has no model."""
    place = Path(runner.project_dir)
    if not (place / LINEAR).exists() or not (place / linear_answers("validation")).exists():
        return {}
    learnt = read_arrays(place / LINEAR)
    if not learnt:
        return {}
    reading = {"max_length": None, "truncation": "head", "vocabulary_size": int(learnt["words"])}
    return {TrialRecord(LINEAR_NAME, "baseline", reading): place / linear_answers("validation")}


def assembled(candidate: Candidate, runner, labels: np.ndarray) -> keras.Model:
    """The candidate's model with its trained weights."""
    models = []
    for record in candidate.records:
        if record.trial_id == LINEAR_NAME:
            models.append(linear_model(read_arrays(Path(runner.project_dir) / LINEAR)))
            continue
        model = runner.hypermodel.model(record.trained)
        load_weights(model, _place(runner, record))
        models.append(model)
    if len(models) == 1:
        return models[0]
    return ensemble_model(models, candidate.weights, kind_of(labels))


def answers_of(model: keras.Model, batches) -> np.ndarray:
    """The model's answers to all texts of the batches, in the order of the store."""
    return batches.in_store_order(model.predict(prefetch(batches), verbose=0))


def _place(runner, record) -> Path:
    return Path(runner.get_trial_dir(record.trial_id))
