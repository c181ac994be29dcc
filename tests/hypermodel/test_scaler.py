"""The hypermodel on raw series of numbers, in a KerasTuner program."""

import keras
import keras_tuner
import numpy as np
import pytest

from attn_tuner.errors import DataError, SpaceError
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.inputs.truncation import TRUNCATIONS
from attn_tuner.layers.token_limits import reading_of
from attn_tuner.model_space import default_space, preparation_of_series, series_space
from attn_tuner.series.batches import SeriesBatches, padded
from attn_tuner.series.dataset import SeriesPart
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.series.store import SeriesStore
from tests.support.waves import BRIEF, waves

SERIES, LABELS = waves(24)
X, Y = padded(SERIES), np.array([label == "wave" for label in LABELS]).astype("int32")
SCALER = SeriesScaler.fit(SERIES, ("heat", "noise"))
SPACE = series_space((8, 16)).narrow(encoder=["none"], head=["mean"])


def hypermodel(**options):
    return AttentionHyperModel(features=2, scaler=SCALER, **{"space": SPACE, **options})


def test_a_model_of_raw_series_ignores_their_unit_and_the_padding_behind_them():
    model = hypermodel(seed=1).model({})
    metres = SeriesScaler(
        SCALER.features,
        tuple(each / 1000 for each in SCALER.mean),
        tuple(each / 1000 for each in SCALER.deviation),
        SCALER.missing,
    )
    other = AttentionHyperModel(features=2, scaler=metres, space=SPACE, seed=1).model({})
    expected = model.predict(X, verbose=0)
    np.testing.assert_allclose(other.predict(X / 1000, verbose=0), expected, atol=1e-3)
    longer = np.pad(X, ((0, 0), (0, 5), (0, 0)), constant_values=np.nan)
    np.testing.assert_allclose(model.predict(longer, verbose=0), expected, atol=1e-6)


def test_the_hypermodel_is_fitted_on_series_with_missing_values():
    hp = keras_tuner.HyperParameters()
    history = hypermodel().fit(hp, hypermodel().build(hp), X, Y, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


def test_infinite_values_are_refused():
    hp, wrong = keras_tuner.HyperParameters(), X.copy()
    wrong[0, 0, 0] = np.inf
    with pytest.raises(DataError, match="holds nan or inf"):
        hypermodel().fit(hp, hypermodel().build(hp), wrong, Y, verbose=0)


def test_the_space_of_series_has_a_length_and_no_vocabulary():
    assert {"max_length", "truncation"} <= set(series_space())
    assert "vocabulary_size" not in series_space()
    own = {"max_length", "truncation", *preparation_of_series()}
    assert set(series_space()) - own == set(default_space(None))
    assert set(BRIEF) - {"epochs"} <= set(series_space())


def test_features_and_scaler_must_agree():
    with pytest.raises(SpaceError, match=r"the scaler has 2 features\. Give features=2"):
        AttentionHyperModel(features=3, scaler=SCALER)


STRENGTHS = {"jitter": 0.1, "random_scaling": 0.1, "time_warp": 0.2, "window_slice": 0.2}


def test_what_is_held_at_nothing_adds_no_layer():
    names = {type(layer).__name__ for layer in hypermodel().model({}).layers}
    kinds = {"Jitter", "Scaling", "TimeWarp", "WindowSlice", "Clipping", "Differences"}
    assert not names & {*kinds, "Downsampling"}


@pytest.mark.parametrize("name", STRENGTHS)
def test_an_augmentation_changes_training_and_no_answer(name):
    still = {"spatial_dropout": 0.0, "dropout": 0.0}
    plain = hypermodel(seed=1).model(still)
    changed = hypermodel(seed=1).model({**still, name: STRENGTHS[name]})
    expected = plain.predict(X, verbose=0)
    np.testing.assert_allclose(changed.predict(X, verbose=0), expected, atol=1e-6)
    np.testing.assert_allclose(plain(X, training=True), expected, atol=1e-5)
    trained = np.asarray(changed(X, training=True))
    assert np.isfinite(trained).all()
    assert np.abs(trained - expected).max() > 1e-5


def test_clipped_values_are_no_further_from_the_mean_and_differences_stand_behind():
    model = hypermodel().model({"clip": 0.5, "differences": True})
    filled = keras.Model(model.inputs, model.get_layer("filled").output).predict(X, verbose=0)
    assert filled.shape[-1] == 8  # Two features, their differences, and where each is missing.
    assert np.abs(filled[..., :2]).max() == 0.5
    filled = filled[:, :10]  # No series is shorter.
    absent = filled[..., 4:6] == 1
    known = ~absent[:, 1:] & ~absent[:, :-1]
    moved = filled[:, 1:, :2] - filled[:, :-1, :2]
    np.testing.assert_allclose(filled[:, 1:, 2:4][known], moved[known], atol=1e-6)
    np.testing.assert_array_equal(filled[:, 1:, 6:8] == 1, ~known)


def test_the_encoder_reads_max_length_steps_of_averaged_series():
    model = hypermodel().model({"max_length": 8, "downsampling": 2, "differences": True})
    assert model.get_layer("limits").max_length == 16
    parts = [model.get_layer(name).output for name in ("downsampling", "mask", "filled")]
    values, mask, filled = keras.Model(model.inputs, parts).predict(X, verbose=0)
    assert filled.shape == (len(SERIES), 8, 8)
    lengths = np.array([min(len(each), 16) for each in SERIES])
    np.testing.assert_array_equal(mask.sum(axis=1), (lengths + 1) // 2)
    with np.errstate(invalid="ignore"):
        scaled = (X[0, :2] - np.array(SCALER.mean)) / np.array(SCALER.deviation)
    np.testing.assert_allclose(values[0, 0], np.nanmean(scaled, axis=0), atol=1e-3)
    # Differences are those of the means.
    known = ~np.isnan(values[0, :2]).any(axis=0)
    np.testing.assert_allclose(
        filled[0, 1, 2:4][known], np.diff(values[0, :2], axis=0)[0, known], atol=1e-6
    )


@pytest.mark.parametrize("truncation", TRUNCATIONS)
def test_a_model_that_averages_steps_answers_whole_series_as_it_does_batches_of_them(truncation):
    values = {"max_length": 3, "downsampling": 4, "truncation": truncation}
    model = hypermodel().model(values)
    store = SeriesStore.of(SeriesPart(SERIES, Y))
    batches = SeriesBatches(store, 8, **reading_of(values), shuffle=False)
    cut = [np.asarray(model(inputs)) for inputs, _ in (batches[at] for at in range(len(batches)))]
    whole = model.predict(X, verbose=0)
    assert X.shape[1] > 12
    np.testing.assert_allclose(batches.in_store_order(np.concatenate(cut)), whole, atol=1e-6)


def test_values_of_a_record_without_downsampling_make_the_model_that_they_made():
    model = hypermodel(seed=1).model({"max_length": 8, "truncation": "tail"})
    now = hypermodel(seed=1).model({"max_length": 8, "truncation": "tail", "downsampling": 1})
    assert [type(each) for each in model.layers] == [type(each) for each in now.layers]
    np.testing.assert_array_equal(now.predict(X, verbose=0), model.predict(X, verbose=0))
