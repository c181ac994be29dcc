"""An oracle that changes a few values of one of the best trials."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine import hyperparameters as hps
from keras_tuner.engine.trial import Trial
from optuna.samplers import RandomSampler

from attn_tuner.model_space import without_effect
from attn_tuner.tuning.oracles import ObjectiveLike, oracles
from attn_tuner.tuning.oracles.initial_points import complete
from attn_tuner.tuning.oracles.optuna.oracle import OptunaOracle

PARENTS = 3  # Of the best trials, one is changed.
MORE_CHANGES = 0.5  # Probability that another value is changed, after each change.
MOVE = 0.2  # Standard deviation of a change of a number, as a share of its range.
EXPLORED = 0.2  # Share of the trials that are drawn at random.
_TRIES = 10


class EvolutionOracle(OptunaOracle):
    """Changes one or a few values of one of the best trials.

    A parent is drawn from the `PARENTS` best finished trials, the best with the greatest
    probability. The number of changed values is geometric, with a mean of 2. A changed number
    moves by a normal step on its own scale, a changed choice becomes another value, and the
    dimensions of a newly chosen part take their defaults. No point is tried twice, and no dimension
    is changed that has no effect beside the others' values. Until a trial has finished, and in a
    fifth of the trials, values are drawn at random.

    In a space of many dimensions a few trials cannot tell a model of the scores which of them
    matter, and a random point differs from a good one in all of them; a changed point in a few.

    Args:
        args, kwargs: as of `OptunaOracle`, without `sampler`.

    Reference:
        Real et al. 2019, algorithm 1, without ageing. https://arxiv.org/abs/1802.01548
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"sampler": "random", **kwargs})

    def populate_space(self, trial_id: str) -> dict:
        if len(self.trials) >= len(self.first_points):
            tried = [trial.hyperparameters.values for trial in self.trials.values()]
            best = self.get_best_trials(PARENTS)
            for attempt in range(_TRIES):
                point = self._changed(best, attempt)
                if point is None:
                    break
                if point not in tried:
                    return self._ask(trial_id, point, RandomSampler())
        return super().populate_space(trial_id)

    def _changed(self, best: Sequence[Trial], attempt: int) -> dict[str, Any] | None:
        """Returns the values of a parent with a few changes; None for a random draw."""
        # By the seed and the number of the trial alone, so that a resumed search repeats itself.
        random = np.random.default_rng([self.seed or 0, len(self.trials), attempt])
        if not best or random.random() < EXPLORED:
            return None
        ranks = np.arange(len(best), 0, -1)
        parent = best[random.choice(len(best), p=ranks / ranks.sum())]
        return changed(self.get_space(), parent.hyperparameters.values, random)


def changed(
    space: keras_tuner.HyperParameters, point: Mapping[str, Any], random: np.random.Generator
) -> dict[str, Any]:
    """Returns a point with one or a few of its active values changed.

    Args:
        space: the space.
        point: dict of name to value.
        random: draws which values change, and to what.
    """
    values = complete(space, point)
    space = space.copy()
    for _ in range(random.geometric(1 - MORE_CHANGES)):
        space.values = values
        idle = without_effect(values)
        free = [
            hp
            for hp in space.space
            if space.is_active(hp) and len(_offered(hp)) > 1 and hp.name not in idle
        ]
        if not free:
            break
        hp = free[random.integers(len(free))]
        values = complete(space, {**values, hp.name: _other(hp, values[hp.name], random)})
    return values


def _offered(hp: hps.HyperParameter) -> Sequence:
    """Returns the values of a dimension; of a range without a step its two ends."""
    if isinstance(hp, hps.Float) and hp.step is None:
        return (hp.min_value, hp.max_value) if hp.min_value < hp.max_value else (hp.min_value,)
    return list(hp.values)


def _other(hp: hps.HyperParameter, value: Any, random: np.random.Generator) -> Any:
    """Returns another value of a dimension, for a number one that is near."""
    if isinstance(hp, hps.Int | hps.Float):
        place = hp.value_to_prob(value) + random.normal(0.0, MOVE)
        moved = hp.prob_to_value(float(np.clip(place, 0.0, 1.0 - 1e-9)))
        if moved != value:
            return moved
    others = [each for each in _offered(hp) if each != value]
    return others[random.integers(len(others))]


@oracles.register("evolution")
def evolution(
    objective: ObjectiveLike,
    max_trials: int | None = 10,
    seed: int | None = None,
    first_points: Sequence[Mapping] = (),
    **options: Any,
) -> EvolutionOracle:
    """Changes a few values of one of the best trials: for few trials in a large space."""
    return EvolutionOracle(objective, max_trials, seed=seed, first_points=first_points, **options)
