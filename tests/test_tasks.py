"""Several labels a text, and numbers, from data to the exported model."""

import numpy as np
import pytest

import attn_tuner
from attn_tuner.errors import UnknownName
from attn_tuner.metrics import measure
from tests.support.colours import in_this_process
from tests.support.examples import example


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "multi_label"
    with in_this_process():
        return example("multi_label").main(trials=1, folder=folder, count=600)


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "regression"
    with in_this_process():
        return example("regression").main(trials=1, folder=folder, count=600)


def test_several_labels_are_learned_and_any_number_of_them_answered(labelled):
    assert labelled.run.plan.task == "multilabel"
    assert labelled.test_metrics["f1_macro"] > 0.9
    first, second, none = labelled.predict(
        ["the match and the storm", "some tax with the price", "there is a"]
    )
    assert set(first.labels) == {"sport", "weather"}
    assert (second.label, second.labels) == ("money", ("money",))
    assert (none.label, none.labels) == ("", ())


def test_the_savedmodel_names_and_marks_the_labels(labelled, served):
    texts = ["the match and the storm", "there is a"]
    given, own = served(labelled.directory / "best", texts), labelled.predict(texts)
    assert given["label"] == [answer.label for answer in own]
    assert given["labels"] == [[name in a.labels for name in labelled.classes] for a in own]
    expected = [list(answer.probabilities.values()) for answer in own]
    np.testing.assert_allclose(given["probabilities"], expected, atol=1e-5)


def test_a_number_is_learned_in_its_own_unit(numbered):
    assert numbered.run.plan.task == "regression"
    assert numbered.test_metrics["r2"] > 0.8
    bake, chop = numbered.predict(["bake the dough", "chop the onions"])
    assert bake.value > chop.value + 20
    assert bake.probability is None


def test_the_savedmodel_gives_the_value(numbered, served):
    texts = ["bake the dough", "chop the onions"]
    given = served(numbered.directory / "best", texts)
    assert set(given) == {"value"}
    expected = [answer.value for answer in numbered.predict(texts)]
    np.testing.assert_allclose(given["value"], expected, rtol=1e-5)


def test_the_leaderboard_has_the_measures_and_baselines_of_the_task(labelled, numbered):
    table = labelled.leaderboard().set_index("name")
    assert {"label shares", "linear"} <= set(table.index)
    assert {"val_f1_macro", "val_subset_accuracy", "test_f1_macro"} <= set(table.columns)
    assert "val_accuracy" not in table.columns
    table = numbered.leaderboard().set_index("name")
    assert {"mean", "linear"} <= set(table.index)
    assert table.loc["mean", "val_r2"] == pytest.approx(0, abs=0.1)
    assert table["val_rmse"].is_monotonic_increasing


def test_the_outcome_the_card_and_the_report_speak_of_the_task(labelled, numbered):
    assert "Test f1_micro" in str(labelled)
    assert "expected calibration error" in str(labelled)
    assert "Test rmse" in str(numbered)
    for result, title in ((labelled, "# Labels for a text: 3"), (numbered, "# A number for a")):
        page = (result.directory / "best" / "README.md").read_text(encoding="utf-8")
        assert title in page
        assert "one of its classes" not in page
        shown = result.report().read_text(encoding="utf-8")
        assert result.run.plan.objective in shown
    assert 'answer["value"]' in page


def test_explanations_show_where_a_model_of_any_task_looked(labelled, numbered):
    for result in (labelled, numbered):
        (found,) = result.explain(["the match and the storm"])
        assert found.label == result.predict(["the match and the storm"])[0].label
        assert found.tokens == ("the", "match", "and", "the", "storm")


def test_other_formats_than_a_savedmodel_answer_alike(labelled, numbered, tmp_path):
    # tests/exporting/test_every_part.py has several labels in LiteRT.
    for result, formats in ((labelled, ["keras", "onnx"]), (numbered, ["keras", "onnx", "litert"])):
        with in_this_process():
            done = result.export(tmp_path / result.run.plan.task, formats=formats)
        assert [each.format for each in done][: len(formats)] == formats
        assert all(each.proof.difference <= 1e-4 for each in done[: len(formats)])


def test_an_objective_of_another_task_is_refused(tmp_path):
    data = ([f"text {index}" for index in range(60)], [["a"], ["b", "c"]] * 30)
    with pytest.raises(UnknownName, match="objective of multilabel"):
        attn_tuner.search(data, objective="accuracy", directory=tmp_path, progress=False)


def test_measures_by_hand():
    truth = np.array([[1, 0], [1, 1]], "uint8")
    found = measure(truth, np.array([[0.9, 0.2], [0.4, 0.8]]))
    assert found["subset_accuracy"] == 0.5
    assert found["f1_micro"] == pytest.approx(2 * 2 / (2 * 2 + 0 + 1))
    assert found["f1_macro"] == pytest.approx((2 / 3 + 1) / 2)
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.8]).mean())
    found = measure(np.array([1.0, 3.0]), np.array([[2.0], [3.0]]))
    assert found == {"rmse": pytest.approx(0.5**0.5), "mae": 0.5, "r2": pytest.approx(0.5)}
