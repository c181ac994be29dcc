"""Translates KerasTuner's hyperparameters to Optuna's distributions, and values both ways.

| KerasTuner                       | Optuna                                    | a value there is |
|----------------------------------|-------------------------------------------|------------------|
| Int, Float, linear, with steps   | IntDistribution, FloatDistribution        | itself           |
| Int, Float, log                  | the same with log=True                    | itself           |
| Int, Float, reverse_log          | the same with log=True                    | min + max - v    |
| Int, Float, log with a step      | IntDistribution(0, n - 1)                 | its rank         |
| Choice of numbers                | IntDistribution(0, n - 1)                 | its rank         |
| Choice of strings, Boolean       | CategoricalDistribution                   | itself           |
| Fixed                            | none                                      |                  |
"""

from keras_tuner.engine import hyperparameters as hps
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

HyperParameter = hps.HyperParameter
Value = bool | int | float | str


def distribution_of(hp: HyperParameter) -> BaseDistribution | None:
    """Returns the distribution for a hyperparameter; None for a fixed one."""
    if isinstance(hp, hps.Fixed):
        return None
    ranks = _ranked_values(hp)
    if ranks is not None:
        return IntDistribution(0, len(ranks) - 1)
    if isinstance(hp, hps.Boolean):
        return CategoricalDistribution((False, True))
    if isinstance(hp, hps.Choice):
        return CategoricalDistribution(tuple(dict.fromkeys(hp.values)))
    log = hp.sampling != "linear"
    if isinstance(hp, hps.Int):
        step = 1 if log else hp.step
        high = hp.min_value + (hp.max_value - hp.min_value) // step * step
        return IntDistribution(hp.min_value, high, log=log, step=step)
    if hp.step is None:
        return FloatDistribution(hp.min_value, hp.max_value, log=log)
    return FloatDistribution(hp.min_value, list(hp.values)[-1], step=hp.step)


def to_optuna(hp: HyperParameter, value: Value) -> Value | None:
    """Returns the value as the distribution of `hp` has it; None where it does not offer it."""
    known = nearest(hp, value)
    if known is None or known != value:
        return None
    ranks = _ranked_values(hp)
    if ranks is not None:
        return ranks.index(known)
    return _mirrored(hp, known)


def from_optuna(hp: HyperParameter, value: Value) -> Value:
    """Returns the hyperparameter's value, a plain bool, int, float or str."""
    ranks = _ranked_values(hp)
    if ranks is not None:
        return ranks[int(value)]
    if isinstance(hp, hps.Boolean | hps.Choice):
        return value
    return nearest(hp, _mirrored(hp, value))


def nearest(hp: HyperParameter, value: Value) -> Value | None:
    """Returns the value that `hp` offers next to `value`; None where none is near."""
    if isinstance(hp, hps.Fixed):
        return hp.value
    if isinstance(hp, hps.Boolean):
        return bool(value) if value in (True, False) else None
    ranks = _ranked_values(hp)
    if isinstance(hp, hps.Choice) and ranks is None:
        return value if value in hp.values else None
    if isinstance(value, str):
        return None
    if ranks is not None:
        return min(ranks, key=lambda each: abs(each - value))
    value = min(max(value, hp.min_value), hp.max_value)
    if isinstance(hp, hps.Int):
        step = hp.step or 1
        steps = (hp.max_value - hp.min_value) // step
        return int(hp.min_value + step * min(steps, round((value - hp.min_value) / step)))
    if hp.step is None:
        return float(value)
    offered = list(hp.values)
    return float(offered[min(len(offered) - 1, round((value - hp.min_value) / hp.step))])


def _ranked_values(hp: HyperParameter) -> list | None:
    """Returns the values by rank: of ordered choices, and of log ranges with a step; else None.

    Optuna has no ordered categories, and its log ranges have no step.
    """
    if isinstance(hp, hps.Choice):
        return sorted(set(hp.values)) if hp.ordered else None
    if isinstance(hp, hps.Int | hps.Float) and hp.sampling != "linear" and hp.step is not None:
        plain = int if isinstance(hp, hps.Int) else float
        return sorted({plain(value) for value in hp.values})
    return None


def _mirrored(hp: HyperParameter, value: Value) -> Value:
    """Turns a range that is dense near its upper end into one dense near its lower, and back."""
    if isinstance(hp, hps.Int | hps.Float) and hp.sampling == "reverse_log":
        return hp.min_value + hp.max_value - value
    return value
