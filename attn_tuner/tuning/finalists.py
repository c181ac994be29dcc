"""What a search may export, the best first: a few trials averaged, or one trial alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from attn_tuner.measures import kind_of, measure
from attn_tuner.tuning.ensemble import combine, ensemble_model, holds, select
from attn_tuner.tuning.folder import PROBABILITIES, WEIGHTS, Record


@dataclass(frozen=True, eq=False)
class Finalist:
    """A trial, or an average of trials.

    Args:
        records: of the trials, the heaviest first.
        weights: their shares, summing to 1.
        answers: to the validation texts, `(texts, columns)`.
        measures: of these answers.
        alone: the objective of the best single trial, where this is an average.
    """

    records: tuple[Record, ...]
    weights: tuple[float, ...]
    answers: np.ndarray
    measures: dict
    alone: float | None = None

    @property
    def shares(self) -> dict[str, float]:
        """Trial to weight, the heaviest first."""
        ids = [record.trial_id for record in self.records]
        return dict(zip(ids, self.weights, strict=True))

    def reading(self) -> dict:
        """How a bundle reads texts for it: `text_limit`, `keep` and `vocabulary_limit`.

        The members cut texts themselves, so the bundle need only leave each what it wants.
        """
        values = [record.values for record in self.records]
        keeps = {each["keep"] for each in values}
        limit = max(each["text_limit"] for each in values) if len(keeps) == 1 else None
        return {
            "text_limit": limit,
            "keep": keeps.pop() if len(keeps) == 1 else "head",
            "vocabulary_limit": max(each["vocabulary_limit"] for each in values),
        }


def finalists(runner, labels: np.ndarray, most: int = 1) -> Iterator[Finalist]:
    """An average of up to `most` trials where it holds on texts that did not choose it, then each.

    Args:
        runner: a `TrialRunner`; only trials whose weights are still there count.
        labels: of the validation texts.
        most: trials in an average at most; 1 for none.
    """
    kept = [each for each in runner.ranked() if (_place(runner, each) / WEIGHTS).exists()]
    answers = [np.load(_place(runner, each) / PROBABILITIES) for each in kept]
    objective = runner.plan.objective
    # Of an average nobody has measured how faithful it is.
    if runner.plan.faithful:
        most = 1
    if most > 1 and len(kept) > 1 and holds(answers, labels, objective, most):
        found = select(answers, labels, objective, most)
        if len(found.members) > 1:
            together = combine(answers, found)
            yield Finalist(
                records=tuple(kept[index] for index in found.members),
                weights=found.weights,
                answers=together,
                measures=measure(labels, together),
                alone=found.single_score,
            )
    for record, own in zip(kept, answers, strict=True):
        yield Finalist((record,), (1.0,), np.asarray(own, "float64"), dict(record.measures))


def assembled(finalist: Finalist, runner, labels: np.ndarray) -> keras.Model:
    """The finalist's model with its trained weights."""
    models = []
    for record in finalist.records:
        model = runner.hypermodel.model(record.values)
        model.load_weights(_place(runner, record) / WEIGHTS)
        models.append(model)
    if len(models) == 1:
        return models[0]
    return ensemble_model(models, finalist.weights, kind_of(labels))


def answers_of(model: keras.Model, batches) -> np.ndarray:
    """The model's answers to all texts of the batches, in the order of the store."""
    return batches.restore(model.predict(batches, verbose=0))


def _place(runner, record) -> Path:
    return Path(runner.get_trial_dir(record.trial_id))
