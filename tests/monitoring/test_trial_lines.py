"""The first lines of a search: its data and its plan."""

import numpy as np
import pytest

from attn_tuner.monitoring.trial_lines import data_line, expected_trials, plan_line
from attn_tuner.text import Split, TextDataset


def dataset(labels, classes):
    labels = np.asarray(labels)
    train = Split(["a"] * len(labels), labels)
    rest = train.take([0, 1])
    return TextDataset("reviews.csv", train, rest, rest, classes)


@pytest.mark.parametrize(
    ("labels", "classes", "said"),
    [
        ([0, 0, 0, 1], ("bad", "good"), "2 classes (the largest 75%)"),
        ([0, 1, 0, 1], ("bad", "good"), "2 classes"),
        ([[1, 0, 1]] * 4, ("a", "b", "c"), "3 labels"),
        (np.array([0.5, 2, 3, 4], "float32"), (), "numbers from 0.5 to 4"),
    ],
)
def test_the_data_are_one_line(labels, classes, said):
    line = data_line(dataset(labels, classes), np.array([3, 5, 100, 7]))
    assert line == (
        f"reviews.csv: 8 texts, {said}, 4 train / 2 validation / 2 test, median 6 tokens"
    )


def test_the_plan_is_one_line():
    assert plan_line(120.0, None, 9, 10, 2, 1, "accuracy") == (
        "2m, about 9 trials of up to 10 epochs, 2 cores, scored by validation accuracy"
    )
    assert plan_line(None, 30, None, 10, 8, 4, "rmse") == (
        "no time limit, at most 30 trials of up to 10 epochs, 8 cores, 4 trials at once, "
        "scored by validation rmse"
    )
    assert "1m, at most 3 trials of up to 1 epoch, 1 core," in plan_line(60.0, 3, 9, 1, 1, 1, "auc")
    assert "about 9 of at most 30 trials" in plan_line(60.0, 30, 9, 1, 1, 1, "auc")


def test_trials_are_expected_by_what_one_costs():
    assert expected_trials(None, 1e6, 3) is None
    assert expected_trials(1.0, 1e9, 10) == 1
    assert expected_trials(100.0, 1e6, 3, known=10.0) == 10
    assert expected_trials(100.0, 1e6, 3, workers=2, known=10.0) == 20
    assert expected_trials(600.0, 1e5, 3) > expected_trials(600.0, 1e5, 3, slowdown=4.0)
    assert expected_trials(600.0, 1e5, 3) > expected_trials(600.0, 1e7, 3)
