"""MiniRocket and ridge as a model of raw series answers as the baseline itself does."""

import keras
import numpy as np
import pytest

from attn_tuner.baselines.series.equal_lengths import WAYS, with_length
from attn_tuner.baselines.series.minirocket import MiniRocketRidge
from attn_tuner.baselines.series.random_convolutions import WholeNumbers, fit_convolutions
from attn_tuner.errors import SpaceError
from attn_tuner.layers.minirocket import (
    ConvolutionShares,
    EqualLengths,
    WholeSteps,
    minirocket_model,
)
from attn_tuner.series.batches import padded
from tests.support.waves import waves

SERIES, NAMES = waves(24)
LABELS = np.array([name == "wave" for name in NAMES], "int32")


def learnt(labels, classes=2, way=None):
    """What MiniRocket answers to its own training series, and what its model answers."""
    fitted = MiniRocketRidge(features=504).fit(SERIES, labels, classes)
    assert way in (None, fitted.way)
    model = minirocket_model(fitted.learnt())
    return fitted(SERIES), model.predict(padded(SERIES, 37), verbose=0), model


def gaps():
    """Series of unlike length, a feature without any value and gaps at both ends among them."""
    random = np.random.default_rng(0)
    found = [random.normal(size=(length, 2)).astype("float32") for length in (1, 2, 7, 12, 20)]
    found[2][:, 1] = np.nan
    found[3][[0, 1, 5, 6, 11], 0] = np.nan
    found[4][3:17] = np.nan
    return found


@pytest.mark.parametrize("way", WAYS)
def test_series_are_brought_to_one_length_as_in_training(way):
    found = EqualLengths(12, way)(padded(gaps()))
    assert EqualLengths(12, way)(keras.Input((None, 2))).shape == (None, 12, 2)
    np.testing.assert_array_equal(found, with_length(gaps(), 12, way))


@pytest.mark.parametrize("way", WAYS)
def test_a_series_without_any_value_is_zero(way):
    found = EqualLengths(5, way)(np.full((2, 4, 3), np.nan, "float32"))
    np.testing.assert_array_equal(found, np.zeros((2, 5, 3)))


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 1e6, 1e30])
def test_numbers_become_whole_as_in_training(scale):
    series = [each * np.float32(scale) for each in gaps()]
    whole = WholeNumbers.fit(series)
    found = np.asarray(WholeSteps(whole.factor, whole.middle)(padded(series)))
    for row, each in zip(found, series, strict=True):
        np.testing.assert_array_equal(row[: len(each)], whole(each))
    known = found[~np.isnan(found)]
    np.testing.assert_array_equal(known, np.round(known))
    assert 500 < known.std() < 2_000
    assert (np.abs(whole(np.float32([[np.inf, -np.inf]]))) == 16_384).all()


def test_the_layer_computes_the_features_of_the_baseline():
    values = np.random.default_rng(0).integers(-999, 999, size=(5, 50, 3)).cumsum(axis=1)
    values = values.astype("float32")
    convolutions = fit_convolutions(values, 840, np.random.default_rng(1))
    arrays = convolutions.arrays()
    layer = ConvolutionShares(arrays["dilations"].tolist(), arrays["counts"].tolist())
    layer.build(values.shape)
    layer.hold(convolutions.groups, np.full(840, 0.5))
    np.testing.assert_allclose(layer(values), convolutions(values) - 0.5, atol=1e-6)
    symbolic = layer(keras.Input((50, 3)))
    assert symbolic.shape == (None, convolutions.size)


def test_of_two_classes_it_gives_the_probability_of_the_second():
    theirs, ours, _ = learnt(LABELS)
    np.testing.assert_allclose(ours[:, 0], theirs[:, 1], atol=1e-5)


@pytest.mark.parametrize("kind", ["classes", "labels", "number"])
def test_of_other_tasks_it_gives_what_the_baseline_gives(kind):
    labels = {
        "classes": np.arange(24, dtype="int32") % 3,
        "labels": np.stack([LABELS, 1 - LABELS, LABELS], axis=1).astype("uint8"),
        "number": LABELS.astype("float32") * 10,
    }[kind]
    theirs, ours, _ = learnt(labels, 1 if kind == "number" else 3)
    np.testing.assert_allclose(ours, theirs, atol=1e-4 if kind == "number" else 1e-5)


def test_padding_and_the_other_series_of_a_batch_change_nothing():
    _, together, model = learnt(LABELS)
    alone = [model.predict(each[None], verbose=0)[0] for each in SERIES[:3]]
    np.testing.assert_allclose(alone, together[:3], atol=1e-5)


def test_the_model_is_saved_with_its_numbers(tmp_path):
    _, ours, model = learnt(LABELS)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(padded(SERIES, 37), verbose=0), ours)
    assert not again.trainable_variables


def test_what_no_layer_can_be_made_of_is_refused():
    with pytest.raises(SpaceError, match="way is 'cut'"):
        EqualLengths(5, "cut")
    with pytest.raises(SpaceError, match="got 1 counts and 2 dilations"):
        ConvolutionShares([1, 2], [3])
