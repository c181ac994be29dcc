"""Registers an oracle for each of Optuna's samplers."""

from collections.abc import Mapping, Sequence
from typing import Any

from attn_tuner.tuning.oracles import ObjectiveLike, oracles
from attn_tuner.tuning.oracles.optuna.oracle import OptunaOracle


@oracles.register("tpe")
def tpe(
    objective: ObjectiveLike,
    max_trials: int | None = 10,
    seed: int | None = None,
    first_points: Sequence[Mapping] = (),
    **options: Any,
) -> OptunaOracle:
    """Density ratio of good to other trials, over all dimensions that count together."""
    return OptunaOracle(objective, max_trials, "tpe", seed, first_points=first_points, **options)


@oracles.register("gp")
def gp(
    objective: ObjectiveLike,
    max_trials: int | None = 10,
    seed: int | None = None,
    first_points: Sequence[Mapping] = (),
    **options: Any,
) -> OptunaOracle:
    """A Gaussian process with expected improvement: for few, costly trials."""
    return OptunaOracle(objective, max_trials, "gp", seed, first_points=first_points, **options)


@oracles.register("cmaes")
def cmaes(
    objective: ObjectiveLike,
    max_trials: int | None = 10,
    seed: int | None = None,
    first_points: Sequence[Mapping] = (),
    **options: Any,
) -> OptunaOracle:
    """Evolution of a normal distribution: for many trials, mostly on numbers."""
    return OptunaOracle(objective, max_trials, "cmaes", seed, first_points=first_points, **options)


@oracles.register("qmc")
def qmc(
    objective: ObjectiveLike,
    max_trials: int | None = 10,
    seed: int | None = None,
    first_points: Sequence[Mapping] = (),
    **options: Any,
) -> OptunaOracle:
    """A scrambled Sobol sequence, which covers the space more evenly than chance."""
    return OptunaOracle(objective, max_trials, "qmc", seed, first_points=first_points, **options)


@oracles.register("nsga2")
def nsga2(
    objective: ObjectiveLike,
    max_trials: int | None = 10,
    seed: int | None = None,
    first_points: Sequence[Mapping] = (),
    **options: Any,
) -> OptunaOracle:
    """Evolution towards the front of several objectives."""
    return OptunaOracle(objective, max_trials, "nsga2", seed, first_points=first_points, **options)
