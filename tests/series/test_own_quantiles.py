"""Quantiles of one's own, from the setting to the outputs of the export and the report."""

import numpy as np
import pytest

import attn_tuner
from attn_tuner.errors import DataError
from attn_tuner.finalizing.ensemble import ensemble_generalizes, select_members
from attn_tuner.layers.sorted_quantiles import SortedQuantiles
from attn_tuner.metrics import measure
from attn_tuner.series.forecast_errors import pinball_loss
from attn_tuner.series.loaders import cut_windows
from attn_tuner.series.reading import load_series
from attn_tuner.tasks import TASKS, levels_of, number_names, quantile_task, task_named, task_of
from attn_tuner.training.losses import PinballLoss
from tests.support.waves import BRIEF, series_search

LEVELS = (0.05, 0.5, 0.75, 0.95)
NAME = "quantiles 0.05 0.5 0.75 0.95"
STEPS = 2


def windows(count=90):
    draw = np.random.default_rng(0)
    load = np.sin(np.arange(3 * count + 12) / 3) + 0.3 * draw.normal(size=3 * count + 12)
    return cut_windows(load[:, None], 10, STEPS, stride=3)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """An average of two trials, with quantiles of its own."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    space = {**BRIEF, "embedding_dim": [32, 48]}
    options = {"quantiles": list(LEVELS), "max_trials": 2, "ensemble": 2, "space": space}
    return series_search(folder, data=windows(), processes=True, **options)


def test_a_task_has_its_levels_in_its_name():
    task = task_named(NAME, 8)
    assert (task.levels, task.objective, task.several) == (LEVELS, "pinball", True)
    assert quantile_task(LEVELS) == NAME
    assert quantile_task((0.1, 0.5, 0.9)) == "quantiles"
    names = number_names(NAME, STEPS)
    assert names[:5] == (
        "step 1 q0.05",
        "step 1 q0.5",
        "step 1 q0.75",
        "step 1 q0.95",
        "step 2 q0.05",
    )
    assert levels_of(names) == LEVELS
    assert levels_of(number_names("forecast", 3)) == levels_of(("a query", "b")) == ()
    assert levels_of(number_names("quantiles 1e-05 0.5", 1)) == (1e-05, 0.5)
    assert levels_of(number_names("quantiles 1.5e-05 0.5", 1)) == (1.5e-05, 0.5)
    assert task_of(np.zeros((3, STEPS)), names) == task
    assert task.label_width(len(names)) == STEPS
    assert task_named("quantiles", 6) is TASKS["quantiles"]


def test_data_are_read_with_names_for_each_level():
    dataset = load_series(windows(), quantiles=LEVELS)
    assert dataset.task == NAME
    assert dataset.classes == number_names(NAME, STEPS)


def test_pinball_is_the_mean_over_the_levels_for_quantiles_and_for_a_forecast():
    draw = np.random.default_rng(0)
    truth = draw.normal(size=(9, STEPS)).astype("float32")
    answers = np.sort(draw.normal(size=(9, STEPS, 4)), axis=-1)
    found = measure(truth, answers.reshape(9, -1), levels=LEVELS)
    each = [pinball_loss(truth, answers[:, :, at], level) for at, level in enumerate(LEVELS)]
    assert found["pinball"] == pytest.approx(np.mean(each), rel=1e-5)
    assert found["mae"] == pytest.approx(np.abs(answers[:, :, 1] - truth).mean(), rel=1e-5)
    loss = PinballLoss(LEVELS)(truth, answers.reshape(9, -1).astype("float32"))
    assert float(loss) == pytest.approx(found["pinball"], rel=1e-5)
    assert PinballLoss.from_config(PinballLoss(LEVELS).get_config()).levels == list(LEVELS)
    single = measure(truth, answers[:, :, 1], levels=LEVELS)
    plain = [pinball_loss(truth, answers[:, :, 1], level) for level in LEVELS]
    assert single["pinball"] == pytest.approx(np.mean(plain), rel=1e-5)


def test_quantiles_do_not_cross_wherever_the_median_stands():
    layer = SortedQuantiles(LEVELS)
    free = np.random.default_rng(0).normal(scale=3, size=(20, 8)).astype("float32")
    found = np.asarray(layer(free)).reshape(20, STEPS, 4)
    assert (np.diff(found, axis=-1) > 0).all()
    np.testing.assert_allclose(found[:, :, 1], free.reshape(20, STEPS, 4)[:, :, 1], rtol=1e-6)
    again = SortedQuantiles.from_config(layer.get_config())
    np.testing.assert_array_equal(again(free), layer(free))
    assert SortedQuantiles().levels == [0.1, 0.5, 0.9]  # As files of former versions have it.


def test_an_average_is_chosen_by_the_loss_of_its_own_levels():
    draw = np.random.default_rng(0)
    truth = draw.normal(size=(60, 1)).astype("float32")
    ends = np.quantile(truth, LEVELS)
    good, bad = np.tile(ends, (60, 1)), np.tile(ends + 3.0, (60, 1))
    found = select_members([bad, good], truth, "pinball", levels=LEVELS)
    assert found.members == (1,)
    assert not ensemble_generalizes([bad, good], truth, "pinball", levels=LEVELS)


def test_a_search_answers_and_names_its_own_quantiles(searched):
    assert searched.run.plan.task == NAME
    assert searched.classes == number_names(NAME, STEPS)
    [found] = searched.predict(windows().series[:1])
    assert found.levels == LEVELS
    assert [len(each) for each in found.quantiles] == [4] * STEPS
    assert all(list(each) == sorted(each) for each in found.quantiles)
    assert found.values == tuple(each[1] for each in found.quantiles)
    table = searched.leaderboard()
    assert table["val_pinball"].notna().all()
    assert {"mean", "linear", "seasonal naive"} <= set(table["name"])


def test_the_export_names_its_outputs_and_the_card_its_levels(searched):
    import tensorflow as tf

    series = np.stack(windows().series[:3])
    model = tf.saved_model.load(str(searched.run.export))
    given = model.signatures["serving_default"](series=tf.constant(series))
    np.testing.assert_allclose(given["value"], searched.bundle.predict(series), rtol=1e-4)
    names = [each.decode() for each in model.signatures["classes"]()["classes"].numpy()]
    assert tuple(names) == searched.classes
    card = (searched.run.export / "README.md").read_text(encoding="utf-8")
    assert "the quantiles 0.05, 0.5, 0.75, 0.95 of each of the next numbers" in card


def test_the_report_says_which_share_of_the_test_numbers_lies_below_each(searched, tmp_path):
    found = searched.run.outcome["quantiles"]
    assert found["levels"] == list(LEVELS)
    assert found["below"] == sorted(found["below"])
    sentence = next(each for each in searched.sentences() if each.startswith("Quantiles: "))
    assert f"{found['below'][2]:.1%} lie below q0.75" in sentence
    assert "lie between the outer two, where 90% are meant." in sentence
    page = searched.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "lie between the outer two" in page


def test_the_table_of_answers_has_a_column_for_each_level(searched):
    from attn_tuner.reporting.answer_table import prediction_columns

    columns = list(prediction_columns(searched.predict(windows().series[:2])))
    assert columns[-4:] == ["step_2_q0.05", "step_2_q0.5", "step_2_q0.75", "step_2_q0.95"]


def test_quantiles_go_with_series_and_their_task_alone(tmp_path):
    options = {"directory": tmp_path, "progress": False, "max_trials": 1}
    with pytest.raises(
        DataError, match="quantiles is for task='quantiles', and task is 'forecast'"
    ):
        attn_tuner.search(windows(), task="forecast", quantiles=LEVELS, **options)
    with pytest.raises(DataError, match="is for series of numbers, and the data are texts"):
        attn_tuner.search((["a text"] * 9, ["a"] * 9), quantiles=LEVELS, **options)
    dataset = load_series(windows())
    with pytest.raises(DataError, match="Give quantiles= to attn_tuner"):
        attn_tuner.search(dataset, quantiles=LEVELS, **options)
    assert not any(tmp_path.iterdir())
