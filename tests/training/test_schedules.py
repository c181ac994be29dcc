"""Rates and weights at the points where their equations are known."""

import keras
import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.inputs.class_weights import is_imbalanced
from attn_tuner.training.schedules import ema_momentum, rate_for, warmed_cosine


def test_the_rate_rises_to_its_peak_and_falls_to_its_last_value():
    rate = warmed_cosine(0.01, steps=100, warmup=0.2, last=0.1)
    seen = [float(rate(step)) for step in (0, 20, 60, 100, 500)]
    assert seen[0] == pytest.approx(0.01 / 20)
    assert seen[1:] == pytest.approx([0.01, 0.01 * (0.1 + 0.9 * 0.5), 0.001, 0.001], rel=1e-5)


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.05), (7, 0.0), (10, 0.9)])
def test_short_trainings_and_no_warmup_begin_above_zero(steps, warmup):
    rate = warmed_cosine(0.01, steps, warmup)
    assert 0 < float(rate(0)) <= 0.01


def test_an_optimiser_saves_the_schedule():
    optimizer = keras.optimizers.AdamW(warmed_cosine(0.01, 100))
    again = keras.optimizers.AdamW.from_config(optimizer.get_config())
    assert float(again.learning_rate) == pytest.approx(float(optimizer.learning_rate))
    assert again.get_config() == optimizer.get_config()


def test_a_rate_is_named_for_batches_of_64_and_grows_with_the_root_of_their_size():
    assert rate_for(64, 0.002) == 0.002
    assert rate_for(256, 0.002) == pytest.approx(0.004)
    assert rate_for(16, 0.002) == pytest.approx(0.001)


def test_rates_out_of_range_are_refused():
    with pytest.raises(SpaceError, match="steps >= 1"):
        warmed_cosine(0.01, 0)


def test_the_average_spans_a_share_of_the_training():
    assert ema_momentum(1000, 0.1) == pytest.approx(0.99)
    assert ema_momentum(5, 0.1) == 0.0


@pytest.mark.parametrize(
    ("counts", "rare"),
    [((50, 50), False), ((81, 19), True), ([10] * 10, False), ([2, *[10] * 9], 1)],
)
def test_a_class_is_rare_below_a_fifth_of_two_or_two_fifths_of_an_even_share(counts, rare):
    labels = np.repeat(np.arange(len(counts)), counts)
    assert is_imbalanced(labels, len(counts)) == bool(rare)
