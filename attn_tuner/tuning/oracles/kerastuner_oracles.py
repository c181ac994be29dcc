"""Every oracle by its name: KerasTuner's own, and one per sampler of Optuna."""

import keras_tuner

from attn_tuner.tuning.oracles import objective_of, oracles, seed_of
from attn_tuner.tuning.oracles.initial_points import InitialPointsFirst
from attn_tuner.tuning.oracles.persistence.durable import durable


class _RandomOracle(InitialPointsFirst, keras_tuner.oracles.RandomSearchOracle):
    """Random search after the first points."""


class _BayesianOracle(InitialPointsFirst, keras_tuner.oracles.BayesianOptimizationOracle):
    """A Gaussian process after the first points."""


@oracles.register("random")
def random(objective, max_trials=10, seed=None, first_points=(), **options):
    """Values drawn at random, none of them twice."""
    oracle = durable(_RandomOracle)(
        objective=objective_of(objective), max_trials=max_trials, seed=seed_of(seed), **options
    )
    oracle.first_points = tuple(first_points)
    return oracle


@oracles.register("bayesian")
def bayesian(objective, max_trials=10, seed=None, first_points=(), **options):
    """KerasTuner's Gaussian process with an upper confidence bound."""
    oracle = durable(_BayesianOracle)(
        objective=objective_of(objective), max_trials=max_trials, seed=seed_of(seed), **options
    )
    oracle.first_points = tuple(first_points)
    return oracle


@oracles.register("grid")
def grid(objective, max_trials=None, seed=None, **options):
    """Every combination in turn."""
    return durable(keras_tuner.oracles.GridSearchOracle)(
        objective=objective_of(objective), max_trials=max_trials, seed=seed_of(seed), **options
    )


@oracles.register("hyperband")
def hyperband(objective, max_trials=None, seed=None, max_epochs=9, factor=3, **options):
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
