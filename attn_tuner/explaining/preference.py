"""Adds faithfulness to the score of a trial, so that a search prefers faithful attention."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from attn_tuner.errors import NotMeasurable, SpaceError
from attn_tuner.explaining.faithfulness import measure_faithfulness
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.layers.token_limits import reading_of
from attn_tuner.metrics import sign_of
from attn_tuner.storage.plan import FAITHFUL, Plan, goal_of

SAMPLE, SECONDS = 60, 3.0  # Texts and time limit for each trial.
MAX_TEXTS = 1_000  # Validation texts from which the sample is drawn.
DEFAULT_WEIGHT = 0.1


@dataclass(frozen=True, eq=False)
class FaithfulObjective:
    """Computes an objective that rewards faithful attention.

        faithfulness  = comprehensiveness(attention) - comprehensiveness(random tokens)
        faithful_<objective> = objective + weight faithfulness    (- for one that should shrink)

    The faithfulness of a model without attention, or with equal weights, is 0. See
    `measure_faithfulness`.

    Args:
        vectorizer, classes, task: as `Bundle` takes them.
        texts: held-out texts.
        objective: str, a metric of `metrics.MEASURES["class"]`.
        weight: float, what a faithfulness of 1 adds to the objective.
        seed: int, for the sample of texts and the random tokens.
    """

    vectorizer: object
    classes: tuple[str, ...]
    task: str
    texts: Sequence[str]
    objective: str
    weight: float = DEFAULT_WEIGHT
    seed: int = 0

    @classmethod
    def of(cls, plan: Plan, dataset: Any, vectorizer: Any) -> "FaithfulObjective":
        """Makes the objective of a `Plan` whose `faithful` is above 0, for a `TextDataset`."""
        texts = tuple(dataset.validation.texts[:MAX_TEXTS])
        known = (vectorizer, dataset.classes, dataset.task, texts)
        return cls(*known, plan.objective, plan.faithful, plan.seed)

    def __call__(self, model, values: dict, measures: dict) -> dict[str, float]:
        """Computes `faithfulness` and `faithful_<objective>` of a trained model.

        Args:
            model: the Keras model of a trial.
            values: hyperparameters of the trial by name.
            measures: its validation metrics by name.
        """
        reading = reading_of(values)
        bundle = Bundle(self.vectorizer, model, self.classes, **reading, task=self.task)
        try:
            found = measure_faithfulness(
                bundle,
                self.texts,
                sample=SAMPLE,
                seconds=SECONDS,
                seed=self.seed,
                others=(),
            ).score
        except NotMeasurable:
            found = 0.0
        sign = sign_of(self.objective)
        goal = goal_of(self.objective, self.weight)
        total = measures[self.objective] + sign * self.weight * found
        return {"faithfulness": found, goal: total}


def parse_objective(objective: str | None, weight: float | None) -> tuple[str | None, float]:
    """Splits an objective such as "faithful accuracy" into the metric and the weight.

    Args:
        objective: str as the user gave it; None for the default.
        weight: float, weight of the faithfulness; None for the default.

    Returns:
        The metric, and the weight of the faithfulness: 0 where it does not count.

    Raises:
        SpaceError: the weight is negative.
    """
    if weight is not None and not weight >= 0:
        raise SpaceError(
            f"faithful is {weight!r}; it is what a faithfulness of 1 adds to the objective. "
            f"Give 0 to leave it out, or {DEFAULT_WEIGHT}."
        )
    if objective is None or not objective.startswith(FAITHFUL):
        return objective, weight or 0.0
    return objective.removeprefix(FAITHFUL), DEFAULT_WEIGHT if weight is None else weight


def check_faithful_task(kind: str, weight: float) -> None:
    """Checks that faithfulness can be measured for a task.

    Args:
        kind: str, as `metrics.kind_of` returns it.
        weight: float, weight of the faithfulness; 0 is always allowed.

    Raises:
        SpaceError: texts do not have one class each.
    """
    if weight and kind != "class":
        raise SpaceError(
            "Faithfulness can be measured only where each text has one class. Leave out `faithful` "
            'and the word "faithful" in the objective.'
        )
