"""Registers KerasTuner's own oracles."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras_tuner

from attn_tuner.tuning.oracles import ObjectiveLike, objective_of, oracles, seed_of
from attn_tuner.tuning.oracles.initial_points import InitialPointsFirst
from attn_tuner.tuning.oracles.persistence.durable import durable


class _RandomOracle(InitialPointsFirst, keras_tuner.oracles.RandomSearchOracle):
    """Draws at random after the first points."""


class _BayesianOracle(InitialPointsFirst, keras_tuner.oracles.BayesianOptimizationOracle):
    """Models the objective by a Gaussian process after the first points."""


@oracles.register("random")
def random(
    objective: ObjectiveLike,
    max_trials: int | None = 10,
    seed: int | None = None,
    first_points: Sequence[Mapping] = (),
    **options: Any,
) -> keras_tuner.Oracle:
    """Values drawn at random, no point twice."""
    oracle = durable(_RandomOracle)(
        objective=objective_of(objective), max_trials=max_trials, seed=seed_of(seed), **options
    )
    oracle.first_points = tuple(first_points)
    return oracle


@oracles.register("bayesian")
def bayesian(
    objective: ObjectiveLike,
    max_trials: int | None = 10,
    seed: int | None = None,
    first_points: Sequence[Mapping] = (),
    **options: Any,
) -> keras_tuner.Oracle:
    """KerasTuner's Gaussian process with an upper confidence bound."""
    oracle = durable(_BayesianOracle)(
        objective=objective_of(objective), max_trials=max_trials, seed=seed_of(seed), **options
    )
    oracle.first_points = tuple(first_points)
    return oracle


@oracles.register("grid")
def grid(
    objective: ObjectiveLike, max_trials: int | None = None, seed: int | None = None, **options: Any
) -> keras_tuner.Oracle:
    """Every combination in turn; a range without steps in ten."""
    return durable(keras_tuner.oracles.GridSearchOracle)(
        objective=objective_of(objective), max_trials=max_trials, seed=seed_of(seed), **options
    )


@oracles.register("hyperband")
def hyperband(
    objective: ObjectiveLike,
    max_trials: int | None = None,
    seed: int | None = None,
    max_epochs: int = 9,
    factor: int = 3,
    **options: Any,
) -> keras_tuner.Oracle:
    """Many short trials, of which the best are trained on, in brackets of different haste.

    The number of trials follows from `max_epochs`, `factor` and `hyperband_iterations`;
    `max_trials` only ends it earlier.
    """
    oracle = durable(keras_tuner.oracles.HyperbandOracle)(
        objective=objective_of(objective),
        max_epochs=max_epochs,
        factor=factor,
        seed=seed_of(seed),
        **options,
    )
    oracle.max_trials = max_trials
    return oracle
