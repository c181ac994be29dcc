"""Values between KerasTuner and Optuna, both ways."""

import keras_tuner
import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from attn_tuner.tuning.oracles.optuna.distributions import (
    distribution_of,
    from_optuna,
    nearest,
    to_optuna,
)

hps = keras_tuner.engine.hyperparameters


@st.composite
def hyperparameters(draw):
    kind = draw(st.sampled_from(["int", "float", "choice", "text", "boolean"]))
    sampling = draw(st.sampled_from(["linear", "log", "reverse_log"]))
    if kind == "int":
        low = draw(st.integers(1, 50))
        step = draw(st.integers(2, 5) if sampling != "linear" else st.integers(1, 7))
        step = draw(st.sampled_from([None, step]))
        return hps.Int("x", low, low + draw(st.integers(0, 500)), step=step, sampling=sampling)
    if kind == "float":
        low = draw(st.floats(1e-4, 1.0))
        high = low * draw(st.floats(1.0, 1e3))
        step = draw(st.floats(1.5, 10) if sampling != "linear" else st.floats(0.01, 2.0))
        step = draw(st.sampled_from([None, step]))
        return hps.Float("x", low, high, step=step, sampling=sampling)
    if kind == "choice":
        numbers = st.integers(-9, 999) if draw(st.booleans()) else st.floats(0, 1)
        values = draw(st.lists(numbers, min_size=1, max_size=6))
        return hps.Choice("x", values, ordered=draw(st.booleans()))
    if kind == "text":
        return hps.Choice("x", draw(st.lists(st.text("abc", min_size=1), min_size=1, max_size=5)))
    return hps.Boolean("x")


def draw_one(hp, seed):
    """A value as Optuna would draw it."""
    from attn_tuner.tuning.oracles.optuna.study import quietly, suggest

    with quietly():
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed))
        return suggest(study.ask(), "x", distribution_of(hp))


@settings(deadline=None)
@given(hyperparameters(), st.integers(0, 9999))
def test_what_optuna_draws_is_a_value_that_kerastuner_offers(hp, seed):
    drawn = draw_one(hp, seed)
    value = from_optuna(hp, drawn)
    assert type(value) in (bool, int, float, str)
    assert nearest(hp, value) == value
    if isinstance(hp, hps.Int | hps.Float):
        # KerasTuner's own logarithmic steps miss either end by the last bit.
        ends = abs(np.array([hp.min_value, hp.max_value])) * 1e-9
        assert hp.min_value - ends[0] <= value <= hp.max_value + ends[1]
    if isinstance(hp, hps.Choice):
        assert value in hp.values
    again = to_optuna(hp, value)
    assert again == drawn if isinstance(drawn, str | bool | int) else again == pytest.approx(drawn)


@settings(deadline=None)
@given(hyperparameters(), st.floats(0, 0.999))
def test_what_kerastuner_draws_comes_back_from_optuna(hp, probability):
    value = hp.prob_to_value(probability)
    known = to_optuna(hp, value)
    assert known is not None or isinstance(hp, hps.Float)  # A sum of steps may miss its last bit.
    if known is not None:
        back = from_optuna(hp, known)
        assert type(back) is type(nearest(hp, value))
        assert back == value if isinstance(value, str) else back == pytest.approx(value)


@pytest.mark.parametrize(
    ("hp", "distribution"),
    [
        (hps.Int("x", 16, 100, step=32), IntDistribution(16, 80, step=32)),
        (hps.Int("x", 1, 100, sampling="log"), IntDistribution(1, 100, log=True)),
        (hps.Int("x", 8, 64, step=2, sampling="log"), IntDistribution(0, 3)),
        (hps.Float("x", 1e-4, 1e-1, sampling="log"), FloatDistribution(1e-4, 1e-1, log=True)),
        (hps.Float("x", 0, 1, step=0.25), FloatDistribution(0, 1, step=0.25)),
        (hps.Choice("x", [64, 32, 128]), IntDistribution(0, 2)),
        (hps.Choice("x", ["gru", "lstm"]), CategoricalDistribution(("gru", "lstm"))),
        (hps.Boolean("x"), CategoricalDistribution((False, True))),
        (hps.Fixed("x", 3), None),
    ],
)
def test_each_kind_has_its_distribution(hp, distribution):
    assert distribution_of(hp) == distribution


def test_ranks_follow_the_numbers_not_the_order_of_listing():
    hp = hps.Choice("x", [64, 32, 128])
    assert [from_optuna(hp, rank) for rank in range(3)] == [32, 64, 128]


def test_a_value_outside_the_range_has_a_nearest_one_inside():
    assert nearest(hps.Int("x", 16, 64, step=16), 1000) == 64
    assert nearest(hps.Int("x", 16, 64, step=16), 30) == 32
    assert nearest(hps.Float("x", 0.1, 0.5), 0) == 0.1
    assert nearest(hps.Choice("x", [32, 64]), 50) == 64
    assert nearest(hps.Choice("x", ["gru"]), "lstm") is None
    assert nearest(hps.Int("x", 1, 2), "two") is None
    assert nearest(hps.Fixed("x", 3), 8) == 3
    assert to_optuna(hps.Int("x", 16, 64, step=16), 30) is None
