import numpy as np
import pytest

from attn_tuner.reporting import classification as quality
from attn_tuner.reporting.example_texts import select_examples

LABELS = np.array([0, 0, 0, 1, 1, 1])
GIVEN = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9], [0.45, 0.55], [0.6, 0.4]])


def test_the_confusion_counts_true_against_answered():
    found = quality.confusion(LABELS, GIVEN, ("no", "yes"))
    assert found["counts"] == [[2, 1], [1, 2]]
    assert found["confused"][0] == {"truth": "no", "answer": "yes", "texts": 1}


def test_of_many_classes_the_rare_ones_are_one_row(rng):
    labels = np.concatenate([np.repeat(np.arange(40), 2), np.repeat(np.arange(5), 9)])
    given = np.eye(40)[labels]
    found = quality.confusion(labels, given, [f"c{i}" for i in range(40)])
    assert len(found["classes"]) == len(found["counts"]) == 15
    assert found["classes"][-1] == "26 others"
    assert np.sum(found["counts"]) == len(labels)


def test_measures_of_each_class():
    no, yes = quality.per_class(LABELS, GIVEN, ("no", "yes"))
    assert no["precision"] == pytest.approx(2 / 3)
    assert yes["recall"] == pytest.approx(2 / 3)
    assert (no["texts"], yes["texts"]) == (3, 3)


def test_a_class_that_never_occurs_is_no_error():
    rows = quality.per_class(LABELS, np.pad(GIVEN, [(0, 0), (0, 1)]), ("a", "b", "c"))
    assert rows[2] == {"class": "c", "precision": 0, "recall": 0, "f1": 0, "texts": 0}
    given = np.pad(GIVEN, [(0, 0), (0, 1)])
    assert [each["class"] for each in quality.roc_curves(LABELS, given, ("a", "b", "c"))] == [
        *("a", "b"),
    ]


def test_curves_run_from_end_to_end_and_are_thinned(rng):
    labels = rng.integers(0, 2, 5_000)
    score = np.clip(labels * 0.2 + rng.random(5_000) * 0.8, 0, 1)
    (curve,) = quality.roc_curves(labels, np.stack([1 - score, score], 1), ("a", "b"))
    assert len(curve["x"]) <= quality.MAX_CURVE_POINTS
    assert (curve["x"][0], curve["y"][0], curve["x"][-1], curve["y"][-1]) == (0, 0, 1, 1)
    assert 0.6 < curve["area"] < 1
    (curve,) = quality.precision_recall_curves(labels, np.stack([1 - score, score], 1), "ab")
    assert curve["x"] == sorted(curve["x"])


def test_confidence_that_is_right_has_no_gap(rng):
    sure = rng.uniform(0.5, 1, 20_000)
    labels = (rng.random(20_000) < sure).astype(int)
    found = quality.reliability(labels, np.stack([1 - sure, sure], 1))
    assert found["error"] < 0.02
    assert sum(row["texts"] for row in found["bins"]) == 20_000
    boasting = np.full(100, 0.99)
    labels = np.arange(100) % 2
    found = quality.reliability(labels, np.stack([1 - boasting, boasting], 1))
    assert found["error"] == pytest.approx(0.49)


def test_every_text_is_in_one_part_by_length(rng):
    lengths = np.array([1, 1, 1, 1, 5, 9])
    rows = quality.accuracy_by_length(lengths, LABELS, GIVEN)
    assert sum(row["texts"] for row in rows) == 6
    assert rows[0]["from"] == 1
    assert rows[-1]["to"] == 9
    assert quality.accuracy_by_length(np.ones(6), LABELS, GIVEN)[0]["texts"] == 6


def test_texts_are_chosen_sure_doubtful_and_wrong():
    chosen = select_examples(LABELS, GIVEN, each=2)
    kinds = dict(chosen)
    assert kinds[2] == kinds[5] == "wrong"
    assert kinds[4] == "doubtful"
    assert len(kinds) == len(chosen)
    assert [index for index, kind in chosen if kind == "wrong"] == [2, 5]  # The surest first.
