"""What a bounded sampler sees of a long study."""

import optuna
import pytest
from optuna.trial import TrialState

from attn_tuner.tuning.oracles.optuna import bounded_sampler as bounded
from attn_tuner.tuning.oracles.optuna.bounded_sampler import BoundedSampler, chosen
from attn_tuner.tuning.oracles.optuna.study import quietly

SPACE = {"x": optuna.distributions.FloatDistribution(0.0, 1.0)}


def study_of(values, running=0, direction="maximize"):
    with quietly():
        study = optuna.create_study(direction=direction)
        for value in values:
            study.add_trial(
                optuna.trial.create_trial(value=value, params={"x": value}, distributions=SPACE)
            )
        for _ in range(running):
            study.ask(SPACE)
    return study


class Spy(optuna.samplers.RandomSampler):
    """Notes which trials a study has."""

    def sample_independent(self, study, trial, name, distribution):
        self.seen = [each.number for each in study.get_trials(deepcopy=False)]
        return super().sample_independent(study, trial, name, distribution)


def seen_of(study) -> list[int]:
    spy = Spy(seed=0)
    study.sampler = BoundedSampler(spy)
    study.ask().suggest_float("x", 0.0, 1.0)
    return spy.seen


@pytest.fixture
def short(monkeypatch):
    for name, count in {"BEST": 2, "FINISHED": 5, "RUNNING": 3}.items():
        monkeypatch.setattr(bounded, name, count)


def test_a_short_study_is_seen_whole(short):
    assert seen_of(study_of([0.5] * 7)) == list(range(8))


def test_of_a_long_one_the_best_and_the_latest_are_seen(short):
    values = [0.1, 0.9, 0.2, 0.8, *[0.3] * 6]
    assert seen_of(study_of(values, running=4)) == [1, 3, 7, 8, 9, 11, 12, 13]


@pytest.mark.parametrize(("sign", "best"), [(1, [1, 3]), (-1, [0, 2])])
def test_the_best_are_those_of_the_direction(short, sign, best):
    trials = study_of([0.1, 0.9, 0.2, 0.8, *[0.5] * 6]).get_trials()
    assert [each.number for each in chosen(trials, sign)] == [*best, 7, 8, 9]
    assert all(each.state == TrialState.COMPLETE for each in chosen(trials, sign))


def test_tpe_draws_near_the_best_of_a_long_study():
    values = [number / 1000 for number in range(1000)]
    with quietly():
        study = study_of(values)
        drawn = []
        for seed in range(20):
            tpe = optuna.samplers.TPESampler(
                multivariate=True, group=True, constant_liar=True, seed=seed
            )
            study.sampler = BoundedSampler(tpe)
            drawn.append(study.ask().suggest_float("x", 0.0, 1.0))
    assert sorted(drawn)[4] > 0.9
