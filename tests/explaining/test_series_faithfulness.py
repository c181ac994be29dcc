"""Faithfulness of attention on series: spans that are replaced by their surroundings."""

import keras
import numpy as np
import pytest

from attn_tuner.attention import heads
from attn_tuner.errors import NotMeasurable
from attn_tuner.explaining.series_faithfulness import (
    measure_span_faithfulness,
    most_attended,
    without_span,
)
from attn_tuner.exporting import SeriesBundle
from attn_tuner.layers.series_input import FilledSteps, StepMask
from attn_tuner.series.scaler import SeriesScaler


def series(count=30, steps=40):
    """Noise with one high plateau of four steps."""
    draw = np.random.default_rng(0)
    found = []
    for _ in range(count):
        each = 0.1 * draw.normal(size=(steps, 1))
        start = draw.integers(0, steps - 4)
        each[start : start + 4] += 3.0
        found.append(each.astype("float32"))
    return found


def bundle(head, sharpness=3.0):
    """A model that answers "high" by the greatest value, and attends it with `additive`."""
    given = keras.Input((None, 1))
    mask = StepMask()(given)
    steps = FilledSteps()(given, mask)
    greatest = keras.layers.GlobalMaxPooling1D()(steps)
    context = heads[head]()(sharpness * steps, mask=mask)
    logit = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)(greatest)
    # The head has no say in the answer, but is part of the model.
    logit = 4.0 * (logit - 1.5) + 0.0 * keras.ops.sum(context, axis=-1, keepdims=True)
    answer = keras.layers.Activation("sigmoid")(logit)
    scaler = SeriesScaler(("height",), (0.0,), (1.0,))
    return SeriesBundle(scaler, keras.Model(given, answer), ("low", "high"))


def test_a_span_becomes_the_mean_of_its_surroundings_for_each_feature():
    given = np.array([[1, 5], [3, np.nan], [9, 9], [9, 9], [5, np.nan], [7, np.nan]], "float32")
    made = without_span(given, 2, 2)
    np.testing.assert_array_equal(made[2:4], [[4, 5], [4, 5]])
    np.testing.assert_array_equal(np.delete(made, [2, 3], 0), np.delete(given, [2, 3], 0))
    np.testing.assert_array_equal(without_span(given, 0, 2)[0], [9, 9])  # None before the first.


def test_a_span_without_values_beside_it_is_missing():
    given = np.array([[np.nan], [2.0], [np.nan]], "float32")
    assert np.isnan(without_span(given, 1, 1)).all()


def test_the_most_attended_span_is_found():
    assert most_attended(np.array([0.1, 0.0, 0.3, 0.4, 0.2]), 2) == 2
    assert most_attended(np.array([0.5, 0.2, 0.3]), 3) == 0


def test_attention_on_what_decides_changes_more_answers_than_random_spans():
    pointed = bundle("max")  # Its weights are at the greatest value of each feature.
    found = measure_span_faithfulness(pointed, series(), seconds=60)
    assert found.series == 30
    assert found.attended_changed > 2 * found.random_changed
    assert found.attended > 2 * found.random
    assert "Replacing the most attended span, 10% of the steps" in found.sentence()


def test_short_series_and_models_without_attention_are_not_measured():
    with pytest.raises(NotMeasurable, match="Every series has fewer than 5 steps"):
        measure_span_faithfulness(bundle("mean"), [each[:4] for each in series(2)])
    given = keras.Input((None, 1))
    filled = FilledSteps()(given, StepMask()(given))
    answer = keras.layers.Dense(1, activation="sigmoid")(keras.layers.GlobalMaxPooling1D()(filled))
    scaler = SeriesScaler(("height",), (0.0,), (1.0,))
    plain = SeriesBundle(scaler, keras.Model(given, answer), ("low", "high"))
    with pytest.raises(NotMeasurable, match="no attention head"):
        measure_span_faithfulness(plain, series(2))


def test_the_time_limit_ends_it_after_a_series_at_least():
    assert measure_span_faithfulness(bundle("mean"), series(3), seconds=0).series == 1
