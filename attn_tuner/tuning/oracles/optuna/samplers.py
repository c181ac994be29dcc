"""Makes Optuna's samplers for conditional spaces, anew and seeded for every trial."""

import importlib.util
import inspect
from typing import Any

import numpy as np
from optuna import samplers
from optuna.samplers import BaseSampler

from attn_tuner.errors import MissingExtra, SpaceError, UnknownName
from attn_tuner.registry import unknown
from attn_tuner.tuning.oracles.optuna.bounded_sampler import BoundedSampler
from attn_tuner.tuning.oracles.optuna.study import quietly


def _tpe(seed: int, **_: object) -> BaseSampler:
    # Grouped, a condition's children are modelled together and apart from those of another.
    tpe = samplers.TPESampler(multivariate=True, group=True, constant_liar=True, seed=seed)
    return BoundedSampler(tpe)


def _gp(seed: int, **_: object) -> BaseSampler:
    return _with(samplers.GPSampler, seed=seed, independent_sampler=_tpe(seed))


def _cmaes(seed: int, **_: object) -> BaseSampler:
    return _with(samplers.CmaEsSampler, seed=seed, independent_sampler=_tpe(seed))


def _qmc(seed: int, sequence: int, **_: object) -> BaseSampler:
    # One sequence runs through all trials, so that its seed must stay while the others change.
    return _with(
        samplers.QMCSampler,
        seed=sequence,
        scramble=True,
        independent_sampler=samplers.RandomSampler(seed),
    )


def _nsga2(seed: int, trials: int | None, **_: object) -> BaseSampler:
    # Optuna's 50 would leave a search of 50 trials with one generation: random search.
    population = int(np.clip((trials or 200) // 5, 4, 50))
    return samplers.NSGAIISampler(population_size=population, seed=seed)


def _random(seed: int, **_: object) -> BaseSampler:
    return samplers.RandomSampler(seed)


_SAMPLERS = {
    "cmaes": _cmaes,
    "gp": _gp,
    "nsga2": _nsga2,
    "qmc": _qmc,
    "random": _random,
    "tpe": _tpe,
}
_NEEDS = {"gp": "torch", "cmaes": "cmaes", "qmc": "scipy"}
_ONE_OBJECTIVE = ("cmaes",)


def check(sampler: str | BaseSampler, objectives: int) -> None:
    """Checks the sampler before the search begins.

    Args:
        sampler: name or sampler.
        objectives: int, number of objectives.

    Raises:
        UnknownName: there is no sampler of that name.
        SpaceError: it does not support so many objectives.
        MissingExtra: it needs a package that is not installed.
    """
    if isinstance(sampler, BaseSampler):
        return
    if sampler not in _SAMPLERS:
        raise UnknownName(unknown("sampler", sampler, _SAMPLERS))
    if objectives > 1 and sampler in _ONE_OBJECTIVE:
        raise SpaceError(
            f"Sampler '{sampler}' takes one objective; got {objectives}. Try 'nsga2' or 'tpe'."
        )
    package = _NEEDS.get(sampler)
    if package and importlib.util.find_spec(package) is None:
        raise MissingExtra(
            f"Sampler '{sampler}' needs {package}, which is not installed. "
            f"Try: pip install {package}"
        )


def sampler_for(
    sampler: str | BaseSampler, seed: int, number: int, trials: int | None, attempt: int = 0
) -> BaseSampler:
    """Makes the sampler that draws trial `number`.

    It depends on the seed and the number alone, so a resumed search draws what an uninterrupted
    one would have. A sampler of the user's own keeps its own random state.
    """
    if isinstance(sampler, BaseSampler):
        return sampler
    words = np.random.SeedSequence([seed, number, attempt]).generate_state(1)
    with quietly():
        return _SAMPLERS[sampler](seed=int(words[0]), sequence=seed, trials=trials)


def _with(kind: type[BaseSampler], **options: Any) -> BaseSampler:
    """Makes the sampler, without its warnings on independent sampling if it has that option."""
    if "warn_independent_sampling" in inspect.signature(kind).parameters:
        options["warn_independent_sampling"] = False
    return kind(**options)
