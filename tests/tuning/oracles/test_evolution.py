"""The oracle that changes a few values of one of the best trials."""

import keras_tuner
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.oracles.evolution import changed
from attn_tuner.tuning.oracles.initial_points import complete
from tests.support.toy_oracles import search

SPACE = AttentionHyperModel(20_000, 2).hyperparameters()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31), st.integers(1, 8))
def test_every_change_gives_a_complete_point_of_the_space_with_something_new(seed, generations):
    random = np.random.default_rng(seed)
    point = complete(SPACE, {})
    for _ in range(generations):
        new = changed(SPACE, point, random)
        assert new == complete(SPACE, new)
        for hp in SPACE.space:
            if hp.name in new and isinstance(hp, keras_tuner.engine.hyperparameters.Choice):
                assert new[hp.name] in hp.values
        point = new


def test_a_change_of_one_value_alone_is_never_of_one_without_effect():
    for seed in range(200):
        random, point = np.random.default_rng(seed), complete(SPACE, {"dense_layers": 0})
        new = changed(SPACE, point, random)
        names = {name for name in point if name in new and new[name] != point[name]}
        assert names != {"dense_units"}
        assert names != {"ngram_buckets"}


def test_most_changes_leave_all_but_a_few_dimensions_as_they_were():
    random, point = np.random.default_rng(0), complete(SPACE, {})
    shared = [name for name in point if name.count(".") == 0]
    counts = [
        sum(new[name] != point[name] for name in shared)
        for new in (changed(SPACE, point, random) for _ in range(40))
    ]
    assert max(counts) <= 8
    assert 0.5 < np.mean(counts) < 3


def test_a_space_of_one_point_stays_that_point():
    space = keras_tuner.HyperParameters()
    space.Fixed("units", 3)
    space.Choice("head", ["mean"])
    assert changed(space, {"units": 3, "head": "mean"}, np.random.default_rng(1)) == {
        "units": 3,
        "head": "mean",
    }


def test_first_points_come_first_then_neighbours_of_the_best(tmp_path):
    first = [{"units": 8}, {"units": 64}]
    oracle = oracles["evolution"]("max:score", 12, seed=4, first_points=first)
    tuner = search(oracle, tmp_path)
    values = [trial.hyperparameters.values for trial in tuner.oracle.trials.values()]
    assert [each["units"] for each in values[:2]] == [8, 64]
    assert len({tuple(sorted(each.items())) for each in values}) == 12


def test_in_a_space_of_many_dimensions_it_comes_nearer_to_the_best_than_random_draws_do(tmp_path):
    def wide(hp):
        for number in range(20):
            hp.Float(f"x{number}", 0.0, 1.0)

    def measured(trial):
        return {"score": -sum((each - 0.3) ** 2 for each in trial.hyperparameters.values.values())}

    def best(name, seed):
        oracle = oracles[name]("max:score", 30, seed=seed)
        tuner = search(oracle, tmp_path / f"{name}{seed}", wide, measured)
        return tuner.oracle.get_best_trials()[0].score

    gains = [best("evolution", seed) - best("random", seed) for seed in range(1, 4)]
    assert np.mean(gains) > 0
