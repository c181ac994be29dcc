"""Features of series are told apart by their names, wherever these are known."""

import numpy as np
import pandas as pd
import pytest

from attn_tuner.errors import DataError
from attn_tuner.exporting import SeriesBundle
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.numbers import holds_series, read_series
from attn_tuner.series.reading import load_series
from attn_tuner.series.scaler import SeriesScaler

TWO = ("heat", "pressure")
LABELS = ["low", "high"] * 8


def frames(columns=TWO, seed=0):
    random = np.random.default_rng(seed)
    return [pd.DataFrame(random.normal(size=(6, 2)), columns=list(columns)) for _ in LABELS]


def turned(given):
    return [each[each.columns[::-1]] for each in given]


@pytest.fixture(scope="module")
def bundle():
    scaler = SeriesScaler(TWO, (0.0, 0.0), (1.0, 1.0))
    model = AttentionHyperModel(features=2, scaler=scaler, seed=0).model({"encoder": "none"})
    return SeriesBundle(scaler, model, ("high", "low"))


def test_data_frames_are_series_and_name_their_features():
    given = frames()
    assert holds_series(given)
    assert holds_series((given, LABELS))
    found, names, _ = read_series([given[0], turned(given)[1]])
    assert names == TWO
    np.testing.assert_array_equal(found[1], given[1].to_numpy("float32"))
    assert load_series((given, LABELS)).features == TWO


def test_a_prediction_finds_the_columns_of_data_frames_by_their_names(bundle):
    given = frames()
    expected = bundle.predict([each.to_numpy() for each in given])
    np.testing.assert_array_equal(bundle.predict(turned(given)), expected)
    [one] = bundle.inputs(turned(given)[0])
    np.testing.assert_array_equal(one, given[0].to_numpy("float32"))
    other = [each.rename(columns={"heat": "flow"}) for each in given]
    with pytest.raises(DataError, match=r"Series 1 of what predict\(\) was given has no 'heat'"):
        bundle.inputs(other)


def test_columns_of_other_names_are_read_in_their_order(bundle):
    given = frames(columns=(0, 1))
    [one] = bundle.inputs(given[0])
    np.testing.assert_array_equal(one, given[0].to_numpy("float32"))


def test_parts_have_the_features_in_the_order_of_training():
    test = [each.to_numpy() for each in turned(frames(seed=1))]
    held_out = LabelledSeries(test, LABELS, TWO[::-1])
    validation = (turned(frames(seed=2)), LABELS)
    data = load_series((frames(), LABELS), validation=validation, test=held_out)
    for seed, part in ((1, data.test), (2, data.validation)):
        expected = frames(seed=seed)[0].to_numpy("float32")
        assert any(np.array_equal(each, expected) for each in part.inputs)


def test_parts_of_other_features_are_refused_by_their_names():
    given = (frames(), LABELS)
    with pytest.raises(DataError, match="the features heat, flow, and those of training heat, pre"):
        load_series(given, test=(frames(("heat", "flow"), seed=1), LABELS))


def test_a_feature_of_which_float32_keeps_too_little_is_said():
    random = np.random.default_rng(0)
    near = [random.normal(size=(6, 2)) + [1.7e9, 0.0] for _ in range(4)]
    _, _, notes = read_series(near)
    assert notes[0].startswith("The feature feature_1 varies too little for its size")
    far = [np.array([[1.7e9], [1.8e9]]), np.array([[np.nan], [1.75e9]])]
    assert not any("float32" in each for each in read_series(far)[2])
    assert not any("float32" in each for each in read_series([np.array([[7.1], [7.1]])])[2])
