"""Layers that meet missing values answer the same in an ONNX graph, where `where` may keep NaN."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from attn_tuner.errors import ExportError
from attn_tuner.exporting import SeriesBundle, exporters
from attn_tuner.exporting.onnx_conversion import convert_to_onnx
from attn_tuner.exporting.verification.verify import verify_artefact
from attn_tuner.layers.column_features import ColumnFeatures
from attn_tuner.layers.downsampling import Downsampling
from attn_tuner.layers.minirocket import EqualLengths
from attn_tuner.layers.preparation import Clipping, Differences
from attn_tuner.layers.series_input import FilledSteps, StandardizedSteps, StepLimit, StepMask
from attn_tuner.series.scaler import SeriesScaler
from tests.support.small_models import Here

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")

COLUMNS = np.array([[12.0, 1.0, np.nan], [np.nan, 0.0, 3.0]], "float32")


@pytest.fixture
def series(rng):
    """A value, a step, the steps behind the end, the first step and a feature are missing."""
    series = rng.normal(size=(4, 12, 2)).astype("float32") * 4
    series[0, 3, 0] = series[1, 5] = series[2, 7:] = series[3, :, 1] = series[3, 0] = np.nan
    return series


def in_onnx(layer, given):
    """What onnxruntime answers where the batch and the length are free."""
    free = [None] * (given.ndim - 1)
    signature = [tf.TensorSpec([*free, given.shape[-1]], tf.float32, name="given")]
    graph = tf.function(lambda values: {"found": layer(values)}, signature)
    model = convert_to_onnx(
        graph.get_concrete_function(), "layer", lambda name, place: f"{name}{place}"
    )
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(["found"], {"given": given})[0]


def with_mask(layer):
    return lambda values: layer(values, StepMask()(values))


LAYERS = {
    "clipping": Clipping(-2, 2),
    "differences": with_mask(Differences()),
    "differences alone": with_mask(Differences(keep=False)),
    "downsampling": Downsampling(5),
    "equal lengths, padded": EqualLengths(9, "padded"),
    "equal lengths, stretched": EqualLengths(20),
    "filled": with_mask(FilledSteps()),
    "filled and told": with_mask(FilledSteps(missing=True)),
    "limit": StepLimit(5, "ends"),
    "mask": lambda values: ops.cast(StepMask()(values), "int32"),
    "scaling": StandardizedSteps([1.0, 2.0], [1.0, 3.0]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_of_series_reads_missing_values_alike(name, series):
    layer = LAYERS[name]
    np.testing.assert_allclose(in_onnx(layer, series), layer(series), atol=1e-5)


@pytest.mark.parametrize("told", [True, False])
def test_columns_that_are_missing_are_read_alike(told):
    layer = ColumnFeatures([9.0, 0.0, 1.0], [2.0, 1.0, 3.0], [told] * 3, [0, 2, 0])
    found = in_onnx(layer, COLUMNS)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, layer(COLUMNS), atol=1e-5)


@keras.saving.register_keras_serializable("tests")
class Switched(keras.layers.Layer):
    """Chooses between two features by the first, and fills what is missing too late."""

    def call(self, values):
        chosen = ops.where(values[..., :1] > 0, values[..., 1:2], values[..., :1])
        both = ops.concatenate([values, chosen], axis=-1)
        return ops.sum(ops.where(ops.isnan(both), ops.zeros_like(both), both), axis=1)


def test_a_layer_of_ones_own_that_lets_nan_through_is_refused_on_whole_series(rng, tmp_path):
    scaler = SeriesScaler(("heat", "pressure"), (0.0, 0.0), (1.0, 1.0))
    given = keras.Input((None, 2))
    answer = keras.layers.Dense(2, activation="softmax")(Switched()(given))
    bundle = SeriesBundle(scaler, keras.Model(given, answer), ("low", "high"))
    whole = [rng.normal(size=(12, 2)).astype("float32") for _ in range(8)]
    artefact = exporters["onnx"](bundle, tmp_path)
    with pytest.raises(ExportError, match=r"by 0\.\d+ where values are missing; 1e-04 is allowed"):
        verify_artefact(bundle, artefact, whole, Here())


@pytest.mark.parametrize("steps", [1, 2, 12])
@pytest.mark.parametrize("width", [1, 3])
def test_values_are_missing_at_every_kind_of_place(steps, width, rng):
    whole = rng.normal(size=(steps, width)).astype("float32")
    scaler = SeriesScaler(tuple("abc"[:width]), (0.0,) * width, (1.0,) * width)
    model = keras.Sequential([keras.Input((None, width)), keras.layers.LSTM(2)])
    odd = SeriesBundle(scaler, model, ("low", "high")).odd_inputs([whole])
    assert all(each.shape == whole.shape and not np.isnan(each).all() for each in odd)
    absent = np.array([np.isnan(each) for each in odd]).reshape(-1, steps, width)
    if steps > 2:
        assert absent[:, 0].all(axis=-1).any()
        assert absent[:, steps // 2].all(axis=-1).any()
        assert (absent.sum(axis=(1, 2)) == steps * width - 1).any()
    if width > 1:
        assert absent[:, -1].any(axis=0).all()
        assert absent.all(axis=1).any(axis=0).all()
