"""The hypermodel on raw series of numbers, in a KerasTuner program."""

import keras_tuner
import numpy as np
import pytest

from attn_tuner.errors import DataError, SpaceError
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.model_space import default_space, series_space
from attn_tuner.series.batches import padded
from attn_tuner.series.scaler import SeriesScaler
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
    assert set(series_space()) - {"max_length", "truncation"} == set(default_space(None))
    assert set(BRIEF) - {"epochs"} <= set(series_space())


def test_features_and_scaler_must_agree():
    with pytest.raises(SpaceError, match=r"the scaler has 2 features\. Give features=2"):
        AttentionHyperModel(features=3, scaler=SCALER)
