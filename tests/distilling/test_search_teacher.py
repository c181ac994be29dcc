"""`search(teacher=...)`: one more trial that learns from a teacher's answers."""

import numpy as np
import pandas as pd
import pytest

import attn_tuner
from attn_tuner.distilling.search_teacher import teacher_of
from attn_tuner.distilling.soft_labels import LABELS_SHARE
from attn_tuner.distilling.teacher_table import TeacherTable
from attn_tuner.errors import DataError, SpaceError
from attn_tuner.finalizing.candidate_order import student_first
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text import load
from attn_tuner.tuning.encoded_data import EncodedData
from tests.support.colours import BRIEF, colours, quick_search

CLASSES = ("cold", "warm")


def noisy(count=300, seed=0):
    """Colours with a tenth of the labels wrong, so that no trial is perfect."""
    texts, labels = colours(count, seed)
    swapped = {"warm": "cold", "cold": "warm"}
    return texts, [swapped[name] if row % 10 == 3 else name for row, name in enumerate(labels)]


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    folder = tmp_path_factory.mktemp("taught") / "run"
    return quick_search(folder, data=noisy(), teacher="average", keep=1)


def test_the_student_of_the_average_is_a_trial_beside_its_scores(taught):
    facts = taught.run.outcome["learnt_from"]
    assert facts["teacher"] == "the average"
    assert facts["changed_texts"] > 0
    name = f"{facts['student']}-distilled"
    record = {each.trial_id: each for each in taught.run.records}[name]
    assert record.score == facts["after"]
    assert "rung" not in taught.leaderboard()
    assert f"trial {name}" in taught.leaderboard()["name"].tolist()
    assert f"learnt from the average: {facts['training_texts']} training texts" in str(taught)


def test_one_model_is_exported_though_an_average_taught(taught):
    ids = {record.trial_id for record in taught.run.records}
    assert len(taught.run.members) == 1
    assert ids.issuperset(taught.run.members)


def record(name, accuracy):
    return TrialRecord(name, "completed", {}, accuracy, {"accuracy": accuracy, "epochs": 1.0})


@pytest.mark.parametrize(
    ("name", "accuracy", "sure", "first"),
    [
        ("1-distilled", 0.88, True, True),
        ("1-distilled", 0.60, True, False),
        ("1-distilled", 0.88, False, False),
        ("1", 0.88, True, False),
    ],
    ids=["better loss", "less accurate than by chance", "worse loss", "no student"],
)
def test_of_few_texts_the_student_of_the_lower_loss_comes_before_the_luckiest(
    name, accuracy, sure, first
):
    labels = np.arange(100) % 2
    right = np.arange(100) >= 100 * (1 - accuracy)
    near = np.where(right, 0.9 if sure else 0.51, 0.45)
    answers = np.where(labels[:, None] == [0, 1], near[:, None], 1 - near[:, None])
    best = np.where(labels[:, None] == [0, 1], 0.7, 0.3)
    best[:10] = best[:10, ::-1]
    plan = Plan("colours", "0", CLASSES, {})
    given = (record(name, accuracy), answers)
    assert student_first(given, (record("1", 0.9), best), labels, plan) is first


def test_the_same_call_again_does_not_teach_again(taught):
    before = taught.run.outcome
    again = quick_search(taught.directory, data=noisy(), teacher="average", keep=1)
    assert again.run.outcome["learnt_from"] == before["learnt_from"]
    assert len(again.run.records) == len(taught.run.records)


def test_a_function_is_asked_about_training_and_unlabelled_texts_alone(tmp_path):
    asked = []

    def swapped(texts):
        asked.extend(texts)
        warm = np.array([" red" in f" {each}" or " orange" in f" {each}" for each in texts])
        return np.stack([warm, ~warm], axis=1).astype(float)

    more = colours(40, seed=5)[0]
    given = {"test": 0.2, "unlabelled": more, "space": BRIEF, "epochs": 1, "max_trials": 1}
    result = quick_search(tmp_path / "run", teacher=swapped, **given)
    dataset = load(colours(), test=0.2, unlabelled=more)
    held = {*dataset.validation.texts, *dataset.test.texts}
    assert not held & set(asked)
    assert set(asked) == {*dataset.train.texts, *dataset.unlabelled}
    facts = result.run.outcome["learnt_from"]
    assert facts["teacher"] == "a teacher of your own"
    assert facts["unlabelled_texts"] == len(dataset.unlabelled)
    assert facts["teacher_score"] is None


def test_a_table_teaches_by_its_texts_and_the_names_of_its_columns():
    dataset = load(colours())
    train, held = dataset.train.texts, dataset.validation.texts
    rows = [*train[:3], held[0], "a new text"]
    table = pd.DataFrame({"warm": 0.25, "text": rows, "cold": 0.75})
    read = teacher_of(table, dataset, 0.0).table
    assert read.texts == tuple(rows)
    np.testing.assert_allclose(read.answers, [[0.75, 0.25]] * len(rows))


@pytest.mark.parametrize(
    ("columns", "classes"),
    [
        (["so  so", "tre\u0300s bon"], ["so so", "très bon"]),
        ([1.0, 2.0], ["1", "2"]),
    ],
    ids=["spaces and accents", "numbers"],
)
def test_columns_of_a_table_are_classes_in_any_spelling_that_labels_may_have(columns, classes):
    table = pd.DataFrame({columns[0]: [0.25], "text": ["a new text"], columns[1]: [0.75]})
    np.testing.assert_allclose(TeacherTable.read(table, classes).answers, [[0.25, 0.75]])


def test_a_table_leaves_held_out_texts_out_and_labels_where_it_has_no_row(tmp_path):
    dataset = load(colours())
    stored = EncodedData.prepare(dataset, tmp_path / "data")
    text = dataset.train.texts[0]
    table = pd.DataFrame(
        {"text": [text, dataset.validation.texts[0], "new"], "cold": [1, 1, 1.0], "warm": 0.0}
    )
    soft, unlabelled = teacher_of(table, dataset, 0.0).soft(stored, dataset)
    labels = dataset.train.labels.astype(float)
    assert unlabelled == 1
    assert len(soft) == len(labels) + 1
    np.testing.assert_allclose(soft.labels[0], LABELS_SHARE * labels[0])
    np.testing.assert_allclose(soft.labels[1:-1], labels[1:])
    assert soft.labels[-1] == 0.0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"text": ["a"], "cold": [1.0]}, "no column 'warm'"),
        ({"cold": [1.0], "warm": [0.0]}, "no column of texts"),
        ({"text": ["a"], "cold": ["x"], "warm": [0.0]}, "hold no numbers"),
        ({"text": ["a"], "cold": [0.9], "warm": [0.9]}, "sum to 1.8"),
        ({"text": ["a"], "cold": [np.nan], "warm": [0.9]}, "below 0, or none"),
    ],
    ids=["a class", "texts", "words", "sums", "missing"],
)
def test_a_table_of_other_things_is_refused(table, said):
    with pytest.raises(DataError, match=said):
        TeacherTable.read(pd.DataFrame(table), CLASSES)


def test_a_teacher_is_refused_before_any_work_where_it_cannot_teach(tmp_path):
    texts, labels = colours(60)
    run = tmp_path / "run"
    with pytest.raises(DataError, match=r"shape \(2, 3\)"):
        attn_tuner.search((texts, labels), directory=run, teacher=lambda few: np.ones((2, 3)))
    with pytest.raises(SpaceError, match="does not measure faithfulness"):
        attn_tuner.search((texts, labels), directory=run, teacher="average", faithful=0.1)
    numbers = [float(len(each)) + 0.5 for each in texts]
    with pytest.raises(DataError, match="one class a text"):
        attn_tuner.search((texts, numbers), directory=run, teacher="average", task="regression")
    assert not run.exists()
