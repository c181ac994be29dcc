"""Bounds the time of a draw: the sampler sees the best and the latest trials alone."""

import heapq
from collections.abc import Sequence

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from attn_tuner.tuning.oracles.optuna.study import quietly

# TPE models at most 25 good trials: the best of all. Of the others, which it models to keep away
# from, it weighs the late ones more.
BEST = 25
FINISHED = 300  # Trials that have ended, the best among them.
RUNNING = 100


class BoundedSampler(BaseSampler):
    """Hands a sampler a study of some hundred trials, however many there are.

    Up to `FINISHED` + `RUNNING` trials, and for several objectives, it sees the study itself.

    Args:
        sampler: made for one draw.
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
        """Returns the study that the sampler sees while it draws `trial`."""
        if self._seen is None:
            self._seen = _bounded(study, trial)
        return self._seen


def chosen(trials: list[FrozenTrial], sign: int) -> list[FrozenTrial]:
    """Chooses the best and the latest trials, in their order.

    Args:
        trials: of a study with one objective.
        sign: 1 where more is better, else -1.
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
    """Stores the given trials, and nothing else."""

    def __init__(self, trials: list[FrozenTrial]):
        super().__init__()
        self._chosen = trials

    def get_all_trials(self, study_id, deepcopy=True, states=None):
        return [each for each in self._chosen if states is None or each.state in states]

    def set_trial_system_attr(self, trial_id, key, value):
        """TPE notes what it drew before the trial has it; here the trial has it at once."""
