"""Attention weights of series lie at the steps of the series as it came, cut or not."""

import numpy as np
import pytest

from attn_tuner.attention import attention_model
from attn_tuner.explaining.series_attention import SeriesAttention, measure_spans
from attn_tuner.exporting import SeriesBundle
from attn_tuner.finalizing.ensemble import ensemble_model
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.inputs.truncation import truncate
from attn_tuner.series.dataset import SeriesPart
from attn_tuner.series.scaler import SeriesScaler

LENGTHS = (5, 12, 9)


def series():
    draw = np.random.default_rng(0)
    return [draw.normal(size=(length, 2)).astype("float32") for length in LENGTHS]


def bundle(max_length, truncation, head="additive", downsampling=1):
    scaler = SeriesScaler.fit(series(), ("heat", "noise"))
    hypermodel = AttentionHyperModel(features=2, scaler=scaler, seed=0)
    parts = {"encoder": "none", "head": head, "embedding_dim": 32, "downsampling": downsampling}
    model = hypermodel.model({**parts, "max_length": max_length, "truncation": truncation})
    return SeriesBundle(scaler, model, ("a", "b"), max_length * downsampling, truncation)


@pytest.mark.parametrize("truncation", ["head", "tail", "ends"])
def test_weights_of_a_cut_series_are_those_of_its_kept_steps(truncation):
    given = series()
    answers, weights = SeriesAttention(bundle(8, truncation))(given)
    whole = SeriesAttention(bundle(64, truncation))
    for number, each in enumerate(given):
        kept = truncate(list(range(len(each))), 8, truncation)
        expected, [alone] = whole([each[kept]])
        np.testing.assert_allclose(weights[number][kept], alone, atol=1e-5)
        assert len(weights[number]) == len(each)
        assert weights[number].sum() == pytest.approx(1.0, abs=1e-4)
        np.testing.assert_allclose(answers[number], expected[0], atol=1e-5)


def test_the_steps_of_a_window_that_was_averaged_share_its_weight():
    five, twelve, _ = series()
    _, weights = SeriesAttention(bundle(64, "ends", "mean", downsampling=2))([five])
    np.testing.assert_allclose(weights[0], np.array([1, 1, 1, 1, 2]) / 6, atol=1e-6)
    _, weights = SeriesAttention(bundle(2, "ends", "mean", downsampling=2))([twelve])
    np.testing.assert_allclose(weights[0], [0.25, 0.25, *[0] * 8, 0.25, 0.25], atol=1e-6)


def test_weights_of_averaged_steps_are_those_of_the_head_on_the_windows():
    made = bundle(3, "tail", downsampling=2)
    _, weights = SeriesAttention(made)(series()[1:2])
    found = attention_model(made.model).predict(series()[1][None], verbose=0)
    [expected] = found.values()
    assert expected.shape == (1, 1, 3)
    np.testing.assert_allclose(weights[0][6:], np.repeat(expected[0, 0], 2) / 2, atol=1e-5)
    assert not weights[0][:6].any()


def test_members_that_average_unlike_numbers_of_steps_have_weights_at_the_same_steps():
    members = [bundle(8, "tail", downsampling=1), bundle(4, "ends", downsampling=2)]
    model = ensemble_model([each.model for each in members], [0.5, 0.5])
    _, weights = SeriesAttention(members[0].with_model(model, max_length=None))(series())
    alone = [SeriesAttention(each)(series())[1] for each in members]
    for found, *expected in zip(weights, *alone, strict=True):
        np.testing.assert_allclose(found, np.mean(expected, axis=0), atol=1e-5)


def test_even_attention_has_the_share_of_the_span():
    spans = np.array([(0, 1), (0, 3), (3, 6)])
    part = SeriesPart(series(), np.array([0, 1, 0]), spans=spans)
    found = measure_spans(bundle(64, "ends", "mean"), part)
    assert found == {
        "mass": pytest.approx((1 / 5 + 3 / 12 + 3 / 9) / 3, abs=1e-5),
        "even": pytest.approx((1 / 5 + 3 / 12 + 3 / 9) / 3),
        "inputs": 3,
    }


def test_without_spans_nothing_is_measured():
    part = SeriesPart(series(), np.array([0, 1, 0]))
    assert measure_spans(bundle(64, "ends"), part) is None
