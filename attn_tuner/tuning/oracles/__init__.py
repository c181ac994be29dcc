"""Chooses the next values: KerasTuner's oracles and Optuna's samplers, by name.

    oracle = oracles["tpe"](objective=objective_of("val_accuracy"), max_trials=40, seed=1)

Every member is called with objective, max_trials, seed and its own options, and makes a
`keras_tuner.Oracle` whose state outlives a kill (`attn_tuner.tuning.oracles.persistence.durable`).
Its parameters say what it can do: one with `first_points` tries given points first, one with
`max_epochs` gives trials different budgets, on rungs.
"""

import inspect
from typing import TYPE_CHECKING, TypeAlias

from attn_tuner.errors import SpaceError
from attn_tuner.registry import Registry

if TYPE_CHECKING:
    import keras_tuner

ObjectiveLike: TypeAlias = "str | keras_tuner.Objective | list"  # KerasTuner is heavy.

oracles = Registry("oracle", package="attn_tuner.tuning.oracles")


def has_parameter(oracle: str, parameter: str) -> bool:
    """Returns whether the oracle of that name has a parameter, `"first_points"`."""
    return parameter in inspect.signature(oracles[oracle].build).parameters


_LOWER = ("loss", "error", "crossentropy", "entropy", "mse", "mae", "brier", "ece", "perplexity")
_HIGHER = ("acc", "auc", "precision", "recall", "f1", "score", "r2", "iou", "kappa", "correlation")


def objective_of(given: ObjectiveLike) -> "keras_tuner.Objective | list[keras_tuner.Objective]":
    """Makes a `keras_tuner.Objective` whose direction is known, or a list of them.

    KerasTuner minimises every metric that it does not know, such as `val_f1_score`. Here a name
    whose direction is unknown is refused.

    Args:
        given: a name, `"max:val_f1_score"` or `"min:val_loss"`, an Objective, or a list of these.
    """
    import keras_tuner

    if isinstance(given, list | tuple):
        return [objective_of(each) for each in given]
    if isinstance(given, keras_tuner.Objective):
        return given
    direction, colon, name = str(given).partition(":")
    if colon and direction in ("min", "max"):
        return keras_tuner.Objective(name, direction)
    lower = any(part in str(given) for part in _LOWER)
    higher = any(part in str(given) for part in _HIGHER) or str(given).endswith("similarity")
    if lower == higher:
        raise SpaceError(
            f"Whether a higher {given!r} is better cannot be told from its name. "
            f"Write 'max:{given}' or 'min:{given}'."
        )
    return keras_tuner.Objective(str(given), "min" if lower else "max")


def seed_of(seed: int | None) -> int | None:
    """Returns the seed for KerasTuner, which reads 0 as none."""
    return 2**31 - 1 if seed == 0 else seed
