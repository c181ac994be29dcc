"""Gradient x input of series: on a model whose gradient is known, and on those of a search."""

import keras
import numpy as np
import pytest

from attn_tuner.explaining.series_attention import SeriesAttention
from attn_tuner.explaining.series_explanation import SeriesExplainer
from attn_tuner.explaining.series_gradients import SeriesGradients, feature_shares
from attn_tuner.exporting import SeriesBundle
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.series.scaler import SeriesScaler
from tests.support.series_run import make_bundle, make_series

pytestmark = pytest.mark.skipif(
    not SeriesGradients.applicable(), reason="gradients need the TensorFlow backend"
)


def linear_bundle(classes=(), task="regression", outputs=1):
    """Answers 0.5 times the sum of the first feature; more outputs are twice, three times it."""
    given = keras.Input((None, 2))
    summed = keras.ops.sum(keras.ops.where(keras.ops.isnan(given), 0.0, given), axis=1)
    answer = keras.layers.Dense(outputs, use_bias=False)
    model = keras.Model(given, answer(summed))
    kernel = np.zeros((2, outputs), "float32")
    kernel[0] = 0.5 * np.arange(1, outputs + 1)
    answer.set_weights([kernel])
    scaler = SeriesScaler(("heat", "noise"), (10.0, 0.0), (2.0, 1.0))
    return SeriesBundle(scaler, model, classes, task=task)


def importance(bundle, series):
    answers, _ = SeriesAttention(bundle)(series)
    return SeriesGradients(bundle)(series, answers)


def test_it_is_the_gradient_times_the_distance_from_the_mean_of_the_feature():
    series = [np.array([[11, 5], [8, 5], [np.nan, 5]], "float32"), np.array([[10, 1]], "float32")]
    first, second = importance(linear_bundle(), series)
    np.testing.assert_allclose(first, [[0.5, 0], [-1.0, 0], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(second, [[0.0, 0.0]], atol=1e-6)


def test_of_a_forecast_the_mean_of_its_numbers_is_followed():
    bundle = linear_bundle(("step 1", "step 2", "step 3"), "forecast", 3)
    [found] = importance(bundle, [np.array([[12, 0]], "float32")])
    np.testing.assert_allclose(found, [[2 * 0.5 * (1 + 2 + 3) / 3, 0]], atol=1e-6)


def test_of_quantiles_the_medians_are_followed():
    names = ("step 1 q0.1", "step 1 q0.5", "step 1 q0.9")
    [found] = importance(linear_bundle(names, "quantiles", 3), [np.array([[12, 0]], "float32")])
    np.testing.assert_allclose(found, [[2 * 0.5 * 2, 0]], atol=1e-6)


def test_a_value_speaks_for_the_answer_that_was_given_whichever_of_the_two_it_is():
    series, labels = make_series(2)
    low, high = importance(make_bundle(), series)
    assert labels.tolist() == [0, 1]
    assert high[10:14, 0].sum() > 0.9 * np.abs(high).sum() > 0
    np.testing.assert_array_equal(high[:, 1], 0.0)  # The model does not look at the noise.
    raised = series[0].copy()
    raised[5, 0] += 5.0
    [of_raised] = importance(make_bundle(), [raised])
    assert of_raised[5, 0] < 0  # Height speaks against "low".
    assert low.shape == series[0].shape


@pytest.mark.parametrize(("encoder", "averaged"), [("gru", 1), ("none", 1), ("none", 4)])
def test_models_of_a_search_have_finite_gradients_where_values_are_missing_or_cut(
    encoder, averaged
):
    random = np.random.default_rng(0)
    series = [random.normal(size=(length, 2)).astype("float32") for length in (5, 12, 9)]
    series[1][3], series[2][2, 1] = np.nan, np.nan
    scaler = SeriesScaler.fit(series, ("heat", "noise"))
    hypermodel = AttentionHyperModel(features=2, scaler=scaler, seed=0)
    values = {"encoder": encoder, "head": "additive", "embedding_dim": 32}
    limits = {"truncation": "tail", "max_length": 8 // averaged, "downsampling": averaged}
    prepared = {**limits, "clip": 2.0, "differences": True}
    bundle = SeriesBundle(scaler, hypermodel.model({**values, **prepared}), ("a", "b"), 8, "tail")
    found = SeriesExplainer(bundle)(series)
    assert [each.left_out for each in found] == [0, 4, 1]
    for each, given in zip(found, series, strict=True):
        assert each.importance.shape == given.shape
        assert np.isfinite(each.importance).all()
        assert np.abs(each.importance[-8:]).sum() > 0
        assert np.abs(each.importance[:-8]).sum() == 0  # The last 8 steps are read.
        assert (each.importance[np.isnan(given)] == 0).all()
        assert each.attention.sum() == pytest.approx(1.0, abs=1e-5)


def test_the_share_of_a_feature_counts_what_speaks_against_the_answer_too():
    np.testing.assert_allclose(feature_shares(np.array([[1.0, 0.0], [-2.0, 1.0]])), [0.75, 0.25])
    np.testing.assert_array_equal(feature_shares(np.zeros((3, 2))), [0.0, 0.0])


def test_no_series_get_no_explanation():
    assert SeriesExplainer(make_bundle())([]) == []
