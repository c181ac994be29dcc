"""A linear model on a summary of each series."""

import numpy as np
import pytest

from attn_tuner.baselines.series_baseline import summaries, summary_baseline
from attn_tuner.series.dataset import SeriesPart
from attn_tuner.series.store import SeriesStore


def store_of(series, labels):
    return SeriesStore.of(SeriesPart([np.asarray(each, "float32") for each in series], labels))


def test_a_summary_is_mean_deviation_least_greatest_and_slope():
    series = [[[1.0, 5.0], [np.nan, 5.0], [5.0, 5.0]]]
    [found] = summaries(store_of(series, np.zeros(1, "int32")))
    np.testing.assert_allclose(found[::2], [3.0, 2.0, 1.0, 5.0, 4.0])
    np.testing.assert_allclose(found[1::2], [5.0, 0.0, 5.0, 5.0, 0.0], atol=1e-12)


def test_a_feature_without_a_value_is_summarised_by_zeros():
    [found] = summaries(store_of([[[1.0, np.nan], [2.0, np.nan]]], np.zeros(1, "int32")))
    assert found[1::2].tolist() == [0.0] * 5


@pytest.mark.parametrize(
    ("labels", "objective"),
    [
        (lambda level: (level > 0).astype("int32"), "accuracy"),
        (lambda level: np.digitize(level, [-0.5, 0.5]).astype("int32"), "accuracy"),
        (lambda level: np.stack([level > 0, level > 1], axis=1).astype("uint8"), "f1_macro"),
        (lambda level: level.astype("float32"), "r2"),
    ],
    ids=["binary", "classes", "labels", "number"],
)
def test_what_the_level_of_a_series_says_is_learned(labels, objective):
    random = np.random.default_rng(0)
    level = random.normal(size=120)
    series = [each + 0.1 * random.normal(size=(random.integers(2, 9), 1)) for each in level]
    truth = labels(level)
    train, test = store_of(series[:90], truth[:90]), store_of(series[90:], truth[90:])
    classes = truth.shape[1] if truth.ndim == 2 else int(truth.max()) + 1
    found = summary_baseline(train, {"validation": test, "test": test}, classes)
    assert found.name == "linear"
    assert found.learnt == {}
    assert found.validation[objective] > 0.85
    assert found.test == found.validation
