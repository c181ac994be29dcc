"""Augmentations change series in training alone, and keep padding and missing values."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.augmentation import Jitter, MagnitudeWarp, Scaling, TimeWarp, WindowSlice
from attn_tuner.layers.augmentation.curves import smooth_curve
from attn_tuner.testing.parts import policy

LAYERS = {
    "jitter": lambda **options: Jitter(0.2, **options),
    "scaling": lambda **options: Scaling(0.3, **options),
    "magnitude warp": lambda **options: MagnitudeWarp(0.3, knots=5, **options),
    "time warp": lambda **options: TimeWarp(0.3, knots=5, **options),
    "window slice": lambda **options: WindowSlice(0.7, **options),
}
STILL = (Jitter(0.0), Scaling(0.0), MagnitudeWarp(0.0), TimeWarp(0.0), WindowSlice(1.0))
LENGTHS = np.array([10, 6, 1, 0])


def example(lengths=LENGTHS, steps=10, front=0, seed=0):
    values = np.random.default_rng(seed).normal(size=(len(lengths), steps, 3)).astype("float32")
    place = np.arange(steps)[None]
    mask = (place >= front) & (place < front + np.asarray(lengths)[:, None])
    return values, mask


def run(layer, values, mask=None, training=True):
    mask = None if mask is None else ops.convert_to_tensor(mask)
    found = layer(ops.convert_to_tensor(values), mask=mask, training=training)
    return ops.convert_to_numpy(ops.cast(found, "float32"))


@pytest.mark.parametrize("name", LAYERS)
def test_series_stay_as_they_are_outside_training(name):
    values, mask = example()
    np.testing.assert_array_equal(run(LAYERS[name](), values, mask, training=False), values)


@pytest.mark.parametrize("name", LAYERS)
def test_series_change_in_training_and_padding_does_not(name):
    values, mask = example()
    found = run(LAYERS[name](), values, mask)
    np.testing.assert_array_equal(found[~mask], values[~mask])
    assert np.abs(found - values)[0, 1:-1].max() > 0.01
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", LAYERS)
def test_what_is_at_padding_cannot_change_a_series(name):
    values, mask = example()
    noisy = np.where(mask[..., None], values, 1e6).astype("float32")
    quiet = run(LAYERS[name](), values, mask)
    np.testing.assert_allclose(run(LAYERS[name](), noisy, mask)[mask], quiet[mask], atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_padding_in_front_changes_nothing(name):
    behind, mask = example([4, 7])
    front, shifted = example([4, 7], front=3)
    front[shifted] = behind[mask]
    found = run(LAYERS[name](), front, shifted)[shifted]
    wanted = run(LAYERS[name](), behind, mask)[mask]
    if name == "jitter":  # Its noise is drawn for places, padding included.
        found, wanted = found - front[shifted], wanted - behind[mask]
        assert 0.1 < found.std() < 0.3
    else:
        np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_a_seed_repeats_its_draws_and_a_second_call_draws_anew(name):
    values, mask = example()
    one, other, third = (LAYERS[name](seed=seed) for seed in (1, 1, 2))
    first = run(one, values, mask)
    np.testing.assert_array_equal(run(other, values, mask), first)
    assert np.abs(run(third, values, mask) - first).max() > 1e-3
    assert np.abs(run(one, values, mask) - first).max() > 1e-3


@pytest.mark.parametrize("layer", STILL, ids=lambda layer: type(layer).__name__)
def test_without_strength_nothing_changes(layer):
    values, mask = example()
    np.testing.assert_allclose(run(layer, values, mask), values, atol=1e-5)


@pytest.mark.parametrize("name", ["jitter", "scaling", "magnitude warp"])
def test_missing_values_stay_missing_and_no_others_become_so(name):
    values, mask = example()
    values[0, 3, 1] = np.nan
    found = run(LAYERS[name](), values, mask)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(values))


@pytest.mark.parametrize("name", ["time warp", "window slice"])
def test_a_value_between_a_missing_one_and_its_neighbour_is_missing(name):
    values, mask = example()
    values[0, :, 1] = np.nan
    values[0, 4:6, 2] = np.nan
    found = run(LAYERS[name](), values, mask)
    assert np.isnan(found[0, :, 1]).all()
    assert 1 <= np.isnan(found[0, :, 2]).sum() <= 5
    assert np.isfinite(found[0, :, 0]).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.integers(0, 1_000))
def test_time_runs_forward_from_the_first_step_to_the_last(lengths, seed):
    ramp = np.tile(np.arange(12, dtype="float32")[None, :, None], (len(lengths), 1, 1))
    mask = np.arange(12)[None] < np.array(lengths)[:, None]
    found = run(TimeWarp(0.5, seed=seed), ramp, mask)[..., 0]
    for row, length in zip(found, lengths, strict=True):
        assert row[0] == 0
        np.testing.assert_allclose(row[length - 1], length - 1, atol=1e-4)
        assert (np.diff(row[:length]) > 0).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(2, 12), min_size=1, max_size=4), st.floats(0.1, 1.0))
def test_a_window_is_a_share_of_the_series_in_even_steps(lengths, share):
    ramp = np.tile(np.arange(12, dtype="float32")[None, :, None], (len(lengths), 1, 1))
    mask = np.arange(12)[None] < np.array(lengths)[:, None]
    found = run(WindowSlice(share), ramp, mask)[..., 0]
    for row, length in zip(found, lengths, strict=True):
        assert row[0] >= 0
        assert row[length - 1] <= length - 1
        np.testing.assert_allclose(np.diff(row[:length]), share, atol=1e-4)


def test_jitter_and_scaling_have_the_spread_that_they_name():
    ones = np.ones((400, 5, 2), "float32")
    assert abs(run(Jitter(0.5), ones).std() - 0.5) < 0.03
    scaled = run(Scaling(0.2), ones)
    assert abs(scaled.std() - 0.2) < 0.02
    np.testing.assert_array_equal(scaled[:, 0], scaled[:, 4])


def test_a_curve_goes_through_its_knots_and_is_straight_where_they_are():
    knots = np.array([[[1.0], [4.0], [2.0], [3.0]], [[0.0], [1.0], [2.0], [3.0]]], "float32")
    places = np.array([[0, 1 / 3, 2 / 3, 1.0], [1 / 3, 0.4, 0.5, 2 / 3]], "float32")
    found = ops.convert_to_numpy(
        smooth_curve(ops.convert_to_tensor(places), ops.convert_to_tensor(knots))
    )
    np.testing.assert_allclose(found[0, :, 0], [1, 4, 2, 3], atol=1e-5)
    np.testing.assert_allclose(found[1, :, 0], 3 * places[1], atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_half_precision_is_kept(name):
    values, mask = example()
    with policy("mixed_float16"):
        layer = LAYERS[name]()
        found = layer(
            ops.convert_to_tensor(values), mask=ops.convert_to_tensor(mask), training=True
        )
    assert "float16" in str(found.dtype)
    assert np.isfinite(ops.convert_to_numpy(ops.cast(found, "float32"))).all()


def test_a_model_with_all_of_them_trains_is_saved_and_answers_alike(tmp_path):
    inputs = keras.Input((None, 3))
    values = keras.layers.Masking()(inputs)
    for make in LAYERS.values():
        values = make()(values)
    assert values.shape == (None, None, 3)
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.GRU(2)(values)))
    model.compile("sgd", "mse")
    given_values, mask = example()
    given_values[~mask] = 0.0
    assert np.isfinite(model.train_on_batch(given_values[:3], np.ones((3, 1), "float32")))
    wanted = model.predict_on_batch(given_values)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict_on_batch(given_values), wanted, atol=1e-6)
    configs = [each.get_config() for each in loaded.layers]
    assert [each["knots"] for each in configs if "knots" in each] == [5, 5]
    assert [each["share"] for each in configs if "share" in each] == [0.7]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Jitter(-0.1), "sigma is -0.1. It should be a number of at least 0"),
        (lambda: Scaling("much"), "sigma is 'much'"),
        (lambda: TimeWarp(knots=1), "knots is 1. It should be a whole number of at least 2"),
        (lambda: WindowSlice(1.5), "share is 1.5. It should be at most 1"),
        (lambda: WindowSlice(0), "share is 0. It should be above 0"),
    ],
)
def test_a_strength_that_makes_no_sense_is_refused(make, sentence):
    with pytest.raises(SpaceError, match=sentence):
        make()
