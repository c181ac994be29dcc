"""Forecasts of several steps and of their quantiles, from windows to the exported model."""

import numpy as np
import pytest
from keras_tuner import HyperParameters

import attn_tuner
from attn_tuner.errors import DataError, ExportError, SpaceError, UnknownName
from attn_tuner.exporting import SeriesBundle, exporters
from attn_tuner.exporting.verification.verify import verify_artefact
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.metrics import QUANTILES, kind_of, measure, measured_as
from attn_tuner.series.forecast_errors import mean_absolute_error, pinball_loss
from attn_tuner.series.loaders import cut_windows
from attn_tuner.series.reading import load_series
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.tasks import TASKS, number_names, task_of
from attn_tuner.training.fit_data import UnfitData
from tests.support.small_models import Here
from tests.support.waves import series_search

STEPS = 4


def windows(count=60, horizon=STEPS):
    """Windows of a noisy sine and of what drives it, and the steps behind each."""
    draw = np.random.default_rng(0)
    time = np.arange(3 * count + 24)
    load = 50 + 10 * np.sin(2 * np.pi * time / 12) + draw.normal(size=len(time))
    values = np.column_stack([load, draw.normal(size=len(time))])
    return cut_windows(values, 16, horizon, stride=3, target=0, features=("load", "noise"))


def small_bundle(task):
    """A model that reads the last 12 steps, of quantiles averaged by twos."""
    given, averaged = windows(20), 2 if task == "quantiles" else 1
    scaler = SeriesScaler.fit(given.series, given.features)
    names = number_names(task, STEPS)
    parts = {"encoder": "gru", "head": "additive", "embedding_dim": 32, "truncation": "tail"}
    model = AttentionHyperModel(
        features=2, scaler=scaler, classes=len(names), task=task, scale=(50.0, 7.0), seed=0
    ).model({**parts, "max_length": 12 // averaged, "downsampling": averaged})
    return SeriesBundle(scaler, model, names, 12, "tail", task=task), given.series


@pytest.fixture(scope="module", params=["forecast", "quantiles"])
def searched(request, tmp_path_factory):
    """A search of one trial whose export is proved in a process of its own."""
    folder = tmp_path_factory.mktemp("runs") / request.param
    asked = {"forecast": None, "quantiles": "quantiles"}[request.param]  # Rows are a forecast.
    return series_search(folder, data=windows(), task=asked, processes=True)


def test_rows_of_numbers_are_a_forecast_whose_steps_have_names():
    dataset = load_series(windows())
    assert dataset.task == "forecast"
    assert dataset.classes == ("step 1", "step 2", "step 3", "step 4")
    assert dataset.train.labels.dtype == np.float32
    assert dataset.train.labels.shape == (len(dataset.train), STEPS)


def test_quantiles_are_of_one_step_too():
    dataset = load_series(windows(horizon=1), task="quantiles")
    assert dataset.task == "quantiles"
    assert dataset.classes == ("step 1 q0.1", "step 1 q0.5", "step 1 q0.9")
    assert dataset.train.labels.shape[1] == 1


def test_labels_tell_what_is_measured_on_them():
    assert measured_as(np.zeros((3, 2), "float32")) == "numbers"
    assert measured_as(np.zeros((3, 2), "uint8")) == "labels"
    assert kind_of(np.zeros((3, 2), "float32")) == kind_of(np.zeros(3)) == "number"
    assert task_of(np.zeros((3, 2)), number_names("forecast", 2)) is TASKS["forecast"]
    assert task_of(np.zeros((3, 2)), number_names("quantiles", 2)) is TASKS["quantiles"]


def test_a_forecast_and_quantiles_are_measured_alike():
    draw = np.random.default_rng(0)
    truth, answers = draw.normal(size=(6, 2)), np.sort(draw.normal(size=(6, 2, 3)), axis=-1)
    found = measure(truth.astype("float32"), answers.reshape(6, 6))
    assert list(found) == ["mae", "rmse", "smape", "pinball"]
    assert found["mae"] == pytest.approx(mean_absolute_error(truth, answers[:, :, 1]), rel=1e-5)
    each = [pinball_loss(truth, answers[:, :, at], q) for at, q in enumerate(QUANTILES)]
    assert found["pinball"] == pytest.approx(np.mean(each), rel=1e-5)
    single = measure(truth.astype("float32"), answers[:, :, 1])
    assert single["pinball"] == pytest.approx(single["mae"] / 2)  # Each quantile is the forecast.
    assert single["mae"] == found["mae"]


def test_a_search_of_forecasts_has_two_baselines_and_all_steps(searched):
    task = searched.run.plan.task
    table = searched.leaderboard()
    assert {"mean", "linear", "seasonal naive"} <= set(table["name"])
    assert {"val_mae", "val_smape", "val_pinball"} <= set(table.columns)
    assert searched.run.plan.objective == {"forecast": "mae", "quantiles": "pinball"}[task]
    [found] = searched.predict(windows(20).series[:1])
    assert len(found.values) == STEPS
    assert len(found.quantiles) == (STEPS if task == "quantiles" else 0)
    for low, middle, high in found.quantiles:
        assert low < middle < high
    assert found.label == ", ".join(f"{each:g}" for each in found.values)


def test_the_savedmodel_gives_every_number_and_their_names(searched):
    import tensorflow as tf

    series = windows(20).series
    model = tf.saved_model.load(str(searched.run.export))
    given = model.signatures["serving_default"](series=tf.constant(np.stack(series)))
    assert set(given) == {"value"}
    np.testing.assert_allclose(given["value"], searched.bundle.predict(series), rtol=1e-4)
    names = [each.decode() for each in model.signatures["classes"]()["classes"].numpy()]
    assert tuple(names) == searched.classes
    page = (searched.run.export / "README.md").read_text(encoding="utf-8")
    assert "# A forecast of a series of numbers" in page
    assert searched.run.outcome["difference"] < 1e-4


def test_the_report_of_a_forecast_is_written(searched, tmp_path):
    page = searched.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert searched.run.plan.objective in page
    assert "Each series has several numbers" in page
    assert "Replacing the most attended span" in page or "Faithfulness is not measured" in page


def test_the_predictions_of_a_file_have_a_column_for_each_number(searched, tmp_path):
    from attn_tuner.reporting.answer_table import prediction_columns

    added = prediction_columns(searched.predict(windows(20).series[:2]))
    steps = [f"step_{number}" for number in range(1, STEPS + 1)]
    assert [name for name in added if name in steps] == steps
    assert ("step_1_q0.9" in added) == (searched.run.plan.task == "quantiles")


@pytest.mark.parametrize("task", ["forecast", "quantiles"])
@pytest.mark.parametrize("form", ["onnx", "litert", "keras"])
def test_every_format_gives_the_numbers_of_the_model(task, form, tmp_path):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    bundle, series = small_bundle(task)
    made = exporters[form](bundle, tmp_path)
    for artefact in made if isinstance(made, list) else [made]:
        proof = verify_artefact(bundle, artefact, series, Here())
        assert proof.difference <= (artefact.tolerance or 0.05)


def test_a_model_whose_numbers_have_no_names_is_refused():
    bundle, _ = small_bundle("forecast")
    with pytest.raises(ExportError, match=r"The model gives 4 numbers, and 3 are named"):
        SeriesBundle(bundle.vectorizer, bundle.model, bundle.classes[:3], 12, task="forecast")


def test_a_model_is_fitted_on_as_many_numbers_as_it_forecasts():
    bundle, series = small_bundle("quantiles")
    hypermodel = AttentionHyperModel(
        features=2, scaler=bundle.vectorizer, classes=12, task="quantiles"
    )
    targets = np.zeros((len(series), 12))
    with pytest.raises(UnfitData, match=r"a forecast learns 4 numbers per series, `\(series, 4\)`"):
        hypermodel.fit(HyperParameters(), bundle.model, np.stack(series), targets)


def test_labels_of_unlike_steps_are_refused():
    given = windows(30)
    rows = [*given.labels[:-1], given.labels[-1][:2]]
    with pytest.raises(DataError, match=r"has 2 numbers, and the first has 4"):
        load_series((given.series, rows))
    with pytest.raises(DataError, match=r"unlike numbers of steps: train 4, test 1"):
        load_series(given, test=windows(10, horizon=1), task="forecast")


def test_settings_that_mean_nothing_for_forecasts_are_refused(tmp_path):
    options = {"directory": tmp_path, "progress": False, "max_trials": 1}
    with pytest.raises(SpaceError, match="give task='quantiles'"):
        attn_tuner.search(windows(), coverage=0.8, **options)
    with pytest.raises(UnknownName, match="objective of forecast"):
        attn_tuner.search(windows(), objective="r2", **options)
    with pytest.raises(DataError, match="task='forecast' is for series of numbers"):
        attn_tuner.search((["a text"] * 9, [[0.5, 1.5]] * 9), task="forecast", **options)
