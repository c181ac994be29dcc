"""Prediction sets and intervals: by hand, on any answers, and at the end of a search."""

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import SpaceError
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.finalizing.conformal import check_coverage, conformal_of, measure_coverage
from attn_tuner.tasks import TASKS
from tests.support.colours import BRIEF, colours, quick_search


def test_the_threshold_of_a_worked_example():
    # Nine texts, coverage 0.8: k = floor(10 * 0.2) = 2, the second smallest probability of truth.
    sure = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    found = conformal_of(np.zeros(9, "int64"), np.stack([sure, 1 - sure], axis=1), 0.8)
    assert found.at == pytest.approx((0.2, 0.2), abs=1e-6)
    assert found.sets(np.array([[0.75, 0.25], [0.85, 0.15], [0.5, 0.5]])).tolist() == [
        [True, True],
        [True, False],
        [True, True],
    ]


def test_the_interval_of_a_worked_example():
    # Nine numbers, coverage 0.8: k = ceil(10 * 0.8) = 8, the second largest error.
    off = np.arange(1.0, 10.0)
    found = conformal_of(off.astype("float32"), np.zeros((9, 1)), 0.8)
    assert found.at == pytest.approx((8.0,))
    assert found.interval(10.0) == pytest.approx((2.0, 18.0))


def test_a_class_with_many_texts_has_a_threshold_of_its_own():
    labels = np.repeat([0, 1, 2], [100, 100, 3])
    answers = np.full((203, 3), 0.1)
    answers[np.arange(203), labels] = np.where(labels == 0, 0.9, 0.4)
    found = conformal_of(labels, answers, 0.9)
    assert found.at == pytest.approx((0.9, 0.4, 0.4), abs=1e-6)


@st.composite
def answered(draw):
    texts, classes = draw(st.integers(20, 300)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    answers = random.dirichlet(np.full(classes, draw(st.sampled_from([0.2, 1.0, 5.0]))), texts)
    labels = random.integers(0, classes, texts)
    return labels, answers, draw(st.sampled_from([0.5, 0.8, 0.9]))


@given(answered())
@settings(deadline=None, max_examples=60)
def test_the_texts_that_chose_the_sets_are_covered_as_promised(case):
    labels, answers, coverage = case
    sets = conformal_of(labels, answers, coverage).sets(answers)
    assert sets.any(axis=1).all()
    assert sets[np.arange(len(labels)), answers.astype("float32").argmax(axis=1)].all()
    covered = sets[np.arange(len(labels)), labels]
    own = np.bincount(labels, minlength=answers.shape[1]) >= 100
    for number in np.flatnonzero(own):
        assert covered[labels == number].mean() >= coverage
    together = covered[~own[labels]]
    if len(together) >= 9:  # Enough for a threshold of their own at each of these coverages.
        assert together.mean() >= coverage


def test_other_texts_are_covered_as_often_as_promised():
    random = np.random.default_rng(0)
    shares = []
    for _ in range(200):
        answers = random.dirichlet([1.0, 1.0, 1.0], 130)
        labels = np.array([random.choice(3, p=row) for row in answers])
        found = conformal_of(labels[:100], answers[:100], 0.8)
        shares.append(measure_coverage(labels[100:], answers[100:], found, "abc")["covered"])
    assert 0.78 < np.mean(shares) < 0.85


def test_coverage_is_measured_in_all_and_by_class():
    found = Conformal(0.9, (0.3, 0.3))
    answers = np.array([[0.6, 0.4], [0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
    assert measure_coverage(np.array([1, 0, 1, 1]), answers, found, ("no", "yes")) == {
        "texts": 4,
        "covered": 0.75,
        "size": 1.25,
        "single": 0.75,
        "classes": [
            {"class": "no", "covered": 1.0, "texts": 1},
            {"class": "yes", "covered": pytest.approx(2 / 3), "texts": 3},
        ],
    }
    numbers = np.array([1.0, 2.0, 3.0], "float32")
    measured = measure_coverage(numbers, np.zeros((3, 1)), Conformal(0.9, (2.0,)), ())
    assert measured == {"texts": 3, "covered": pytest.approx(2 / 3)}


@pytest.mark.parametrize(
    ("task", "texts", "message"),
    [
        ("multilabel", 500, "several labels"),
        ("binary", 8, "at least 9 validation texts; there are 8"),
        ("forecast", 500, "give task='quantiles'"),
    ],
)
def test_a_coverage_that_cannot_be_promised_is_refused_at_once(task, texts, message):
    with pytest.raises(SpaceError, match=message):
        check_coverage(0.9, TASKS[task], texts)
    check_coverage(None, TASKS[task], texts)
    check_coverage(0.9, TASKS["binary"], 9)


def promised_data():
    texts, labels = colours(1200)
    other = {"warm": "cold", "cold": "warm"}
    return texts, [other[each] if i % 7 == 1 else each for i, each in enumerate(labels)]


@pytest.fixture(scope="module")
def promised(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "promised"
    return quick_search(
        folder, data=promised_data(), space=BRIEF, max_trials=1, coverage=0.95, known=0.9
    )


def test_a_search_with_a_coverage_measures_it_on_the_test_part(promised):
    found = promised.run.outcome["conformal"]
    assert found["coverage"] == 0.95
    assert found["test"]["texts"] == promised.run.outcome["test_texts"]
    assert [each["class"] for each in found["test"]["classes"]] == ["cold", "warm"]
    texts = found["test"]["texts"]
    assert f"Prediction sets for 95% of texts: of {texts} test texts" in str(promised)
    page = promised.report().read_text(encoding="utf-8")
    assert "Coverage of the prediction sets by class" in page
    told = promised.run.outcome["known"]
    assert told["test"]["texts"] == texts
    assert told["test"]["known"] > 0.5
    assert "count as none of the classes" in str(promised)
    assert "Texts of none of the classes" in page


def test_predictions_and_explanations_name_the_classes_of_the_set(promised):
    text = "a red box"
    (predicted,), (explained,) = promised.predict([text]), promised.explain(text)
    conformal = promised.bundle.conformal
    expected = conformal.names(promised.bundle.predict([text])[0], promised.classes)
    assert predicted.set == explained.set == expected
    assert predicted.label in expected
    assert predicted.as_dict()["set"] == expected
    assert explained.as_dict()["set"] == list(expected)
    known = bool(promised.bundle.known.known(promised.bundle.predict([text]))[0])
    assert predicted.known is explained.is_known is explained.as_dict()["known"] is known


def test_another_coverage_in_the_same_folder_makes_other_sets(promised, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(promised.directory, folder)
    options = {"data": promised_data(), "space": BRIEF, "max_trials": 1}
    again = quick_search(folder, coverage=0.8, **options)
    assert again.run.outcome["conformal"]["coverage"] == again.bundle.conformal.coverage == 0.8
    assert again.run.outcome["known"] is again.bundle.known is None
    assert len(again.run.records) == 1


def test_a_search_without_a_coverage_has_no_sets(tmp_path):
    found = quick_search(tmp_path / "run", space=BRIEF, max_trials=1)
    assert found.run.outcome["conformal"] is None
    assert found.bundle.conformal is None
    assert "Prediction sets" not in str(found)
    assert found.predict(["a red box"])[0].set == ()
    assert found.predict(["a red box"])[0].known is None
