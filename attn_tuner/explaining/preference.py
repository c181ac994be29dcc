"""Models that explain themselves honestly, preferred: faithfulness as a part of a trial's score."""

from collections.abc import Sequence
from dataclasses import dataclass

from attn_tuner.errors import SpaceError
from attn_tuner.explaining.faithfulness import measure_faithfulness
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.layers.token_limits import READING
from attn_tuner.metrics import sign_of
from attn_tuner.storage.plan import FAITHFUL, goal_of

SAMPLE, SECONDS = 60, 3.0  # Texts and time for each trial.
DRAWN = 1_000  # Validation texts at most from which the sample is drawn.
WEIGHT = 0.1


@dataclass(frozen=True, eq=False)
class Preference:
    """Measures of a trained model that count its faithfulness beside its objective.

        faithfulness  = comprehensiveness(attention) - comprehensiveness(random tokens)
        faithful_<objective> = objective + weight faithfulness    (- for one that should shrink)

    A model whose attention cannot be measured explains nothing: its faithfulness is 0, as is that
    of even weights. See `measure_faithfulness`.

    Args:
        vectorizer, classes, task: of the bundles that models become.
        texts: held-out texts.
        objective: key of `measures.MEASURES["class"]`.
        weight: what a faithfulness of 1 is worth, in units of the objective.
        seed: of the texts drawn and the random tokens.
    """

    vectorizer: object
    classes: tuple[str, ...]
    task: str
    texts: Sequence[str]
    objective: str
    weight: float = WEIGHT
    seed: int = 0

    @classmethod
    def of(cls, plan, dataset, vectorizer) -> "Preference":
        """That of a `Plan` whose `faithful` is not 0."""
        texts = tuple(dataset.validation.texts[:DRAWN])
        known = (vectorizer, dataset.classes, dataset.task, texts)
        return cls(*known, plan.objective, plan.faithful, plan.seed)

    def __call__(self, model, values: dict, measures: dict) -> dict[str, float]:
        """`faithfulness` and `faithful_<objective>` of a trial's model."""
        reading = {name: values[name] for name in READING}
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
        except ValueError:
            found = 0.0
        sign = sign_of(self.objective)
        goal = goal_of(self.objective, self.weight)
        total = measures[self.objective] + sign * self.weight * found
        return {"faithfulness": found, goal: total}


def preferred(objective: str | None, weight: float | None) -> tuple[str | None, float]:
    """The objective without "faithful", and what faithfulness is to weigh; 0 for nothing.

    Raises:
        SpaceError: the weight is negative.
    """
    if weight is not None and not weight >= 0:
        raise SpaceError(
            f"faithful is {weight!r}; it is what a faithfulness of 1 is worth in units of the "
            f"objective. Give 0 for nothing, or {WEIGHT}."
        )
    if objective is None or not objective.startswith(FAITHFUL):
        return objective, weight or 0.0
    return objective.removeprefix(FAITHFUL), WEIGHT if weight is None else weight


def check_kind(kind: str, weight: float):
    """Raises SpaceError where answers of this kind are not measured for faithfulness."""
    if weight and kind != "class":
        raise SpaceError(
            "Faithfulness is measured of answers that are one class a text; leave `faithful` and "
            'the word "faithful" of the objective out.'
        )
