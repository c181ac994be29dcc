"""Bounds the time for sampling: the sampler sees only the best and the latest trials."""

import heapq
from collections.abc import Container, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from attn_tuner.tuning.oracles.optuna.study import quietly

# TPE models at most 25 good trials, the best ones. Of the other trials, which it also models, the
# late ones have more weight.
BEST = 25
FINISHED = 300  # Trials that have ended, the best among them.
RUNNING = 100


class BoundedSampler(BaseSampler):
    """Passes a study of at most 400 trials to a sampler.

    Smaller studies, and those with several objectives, are passed unchanged.

    Args:
        sampler: a sampler for one trial.
    """

    def __init__(self, sampler: BaseSampler):
        self._sampler = sampler
        self._seen: optuna.Study | None = None

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._sampler.infer_relative_search_space(self._part(study, trial), trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict:
        return self._sampler.sample_relative(self._part(study, trial), trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> object:
        return self._sampler.sample_independent(
            self._part(study, trial), trial, param_name, param_distribution
        )

    def reseed_rng(self) -> None:
        self._sampler.reseed_rng()

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        self._sampler.before_trial(study, trial)

    def after_trial(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        self._sampler.after_trial(study, trial, state, values)

    def _part(self, study: optuna.Study, trial: FrozenTrial) -> optuna.Study:
        """Returns the study that the sampler sees while it samples `trial`."""
        if self._seen is None:
            self._seen = _bounded(study, trial)
        return self._seen


def chosen(trials: list[FrozenTrial], sign: int) -> list[FrozenTrial]:
    """Returns the best and the latest trials, in their order.

    Args:
        trials: trials of a study with one objective.
        sign: 1 if a higher value is better, else -1.
    """
    complete = [each for each in trials if each.state == TrialState.COMPLETE]
    best = heapq.nlargest(BEST, complete, key=lambda each: (sign * each.value, -each.number))
    kept = {each.number: each for each in best}
    for each in reversed(trials):
        if len(kept) == FINISHED:
            break
        if each.state in (TrialState.COMPLETE, TrialState.PRUNED):
            kept[each.number] = each
    running = [each for each in trials if each.state == TrialState.RUNNING][-RUNNING:]
    kept.update({each.number: each for each in running})
    return [kept[number] for number in sorted(kept)]


def _bounded(study: optuna.Study, trial: FrozenTrial) -> optuna.Study:
    trials = study.get_trials(deepcopy=False)
    if len(trials) <= FINISHED + RUNNING or len(study.directions) > 1:
        return study
    sign = 1 if study.direction == optuna.study.StudyDirection.MAXIMIZE else -1
    others = [each for each in trials if each.number != trial.number]
    with quietly():
        return optuna.create_study(
            storage=_Chosen(chosen(others, sign)), directions=study.directions
        )


class _Chosen(optuna.storages.InMemoryStorage):
    """A storage of given trials."""

    def __init__(self, trials: list[FrozenTrial]):
        super().__init__()
        self._chosen = trials

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        return [each for each in self._chosen if states is None or each.state in states]

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Does nothing: TPE stores here what it samples, which the trial already holds."""
