"""MiniRocket and ridge tell shapes apart, learn numbers and labels, and keep to their time."""

import numpy as np

from attn_tuner.baselines.series.minirocket import MiniRocketRidge, minirocket_baseline


class Stored(list):
    """Series with labels, as a store holds them."""

    def __init__(self, series, labels):
        super().__init__(series)
        self.labels = np.asarray(labels)


def bumps(count, seed, least=12):
    """Series of unlike length in noise: a bump upwards is class 1, downwards class 0."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    series = []
    for label in labels:
        values = 0.1 * draw.normal(size=(draw.integers(least, least + 8), 2))
        place = draw.integers(0, len(values) - 6)
        values[place : place + 6, 0] += (2 * label - 1) * np.hanning(6)
        series.append(values.astype("float32"))
    return Stored(series, labels)


def test_shapes_are_told_apart_and_probabilities_are_calibrated():
    training, other = bumps(60, seed=1), bumps(200, seed=2)
    found = minirocket_baseline(training, {"validation": other}, classes=2)
    assert found.validation["accuracy"] > 0.9
    assert found.validation["log_loss"] < 0.4
    np.testing.assert_allclose(found.probabilities["validation"].sum(axis=1), 1.0)
    assert found.facts.startswith("9,996 features, ridge, alpha=")


def test_numbers_and_several_labels_are_learnt():
    training, other = bumps(60, seed=1), bumps(100, seed=2)
    number = MiniRocketRidge(features=840).fit(training, training.labels.astype("float32"), 1)
    assert np.abs(number(other)[:, 0] - other.labels).mean() < 0.3
    both = np.column_stack([training.labels, 1 - training.labels]).astype("uint8")
    several = MiniRocketRidge(features=840).fit(training, both, 2)
    assert ((several(other)[:, 0] > 0.5) == other.labels).mean() > 0.9


def test_series_shorter_than_a_kernel_and_missing_values_are_read():
    training = bumps(20, seed=3, least=6)
    training[0][2:4] = np.nan
    training[1][:] = np.nan
    model = MiniRocketRidge(features=84).fit(training, training.labels, 2)
    assert np.isfinite(model([np.zeros((1, 2), "float32"), *training])).all()


def test_after_the_time_limit_no_further_series_are_read():
    training = bumps(500, seed=4)
    model = MiniRocketRidge(features=84).fit(training, training.labels, 2, seconds=0.0)
    assert model.series == 200


def test_held_out_answers_are_of_models_without_the_series():
    training = bumps(60, seed=1)
    training.labels = np.random.default_rng(0).permutation(training.labels)  # Nothing to learn.
    model = MiniRocketRidge(features=840).fit(training, training.labels, 2)
    held = model.held_out()
    np.testing.assert_allclose(held.sum(axis=1), 1.0)
    assert (held.argmax(axis=1) == training.labels).mean() < 0.7
    assert (model(training).argmax(axis=1) == training.labels).mean() > 0.9


def test_with_little_time_fewer_series_are_decomposed(monkeypatch):
    training = bumps(100, seed=4)
    assert MiniRocketRidge(features=84).fit(training, training.labels, 2, 60.0).series == 100
    monkeypatch.setattr("attn_tuner.baselines.series.minirocket._CHUNK", 10)
    monkeypatch.setattr("attn_tuner.baselines.series.minirocket.RIDGE_SECONDS", 7.9e-5)
    model = MiniRocketRidge(features=84).fit(training, training.labels, 2, seconds=60.0)
    assert model.series == 50  # 50^3 times 7.9e-5 are a third of 30 seconds, for each of two ways.


def test_a_feature_on_another_scale_changes_nothing():
    training = bumps(40, seed=5)
    scaled = Stored([each * np.float32([1.0, 1e4]) + 100 for each in training], training.labels)
    own, other = (MiniRocketRidge(840).fit(each, each.labels, 2) for each in (training, scaled))
    np.testing.assert_allclose(own(training), other(scaled), atol=1e-2)
