"""How far from chance a score is, whatever is measured."""

import numpy as np
import pytest

from attn_tuner.metrics import MEASURES, measure
from attn_tuner.tuning.chance_level import scale_of

CLASSES = np.array([0, 0, 0, 1, 2, 0], "int32")
LABELS = np.array([[1, 0], [0, 0], [1, 1], [0, 0]], "uint8")
NUMBERS = np.array([1.0, 2.0, 4.0], "float32")
STEPS = np.array([[1.0, 2.0], [3.0, 5.0], [4.0, 0.5]], "float32")
TRUTHS = {"class": CLASSES, "labels": LABELS, "number": NUMBERS, "numbers": STEPS}
EVERY = [(kind, objective) for kind, names in MEASURES.items() for objective in names]


def perfect(kind):
    if kind == "class":
        return np.eye(3)[CLASSES]
    return TRUTHS[kind].astype("float64").reshape(len(TRUTHS[kind]), -1)


@pytest.mark.parametrize(("kind", "objective"), EVERY)
def test_what_is_always_right_has_come_all_the_way(kind, objective):
    labels = TRUTHS[kind]
    score = measure(labels, perfect(kind))[objective]
    assert scale_of(labels, objective).share(score) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("kind", "objective"), EVERY)
def test_who_reads_nothing_has_not_begun(kind, objective):
    labels = TRUTHS[kind]
    scale = scale_of(labels, objective)
    assert scale.share(scale.chance) == 0.0


def test_chance_is_the_most_frequent_class_and_the_mean():
    assert scale_of(CLASSES, "accuracy").chance == pytest.approx(4 / 6)
    assert scale_of(NUMBERS, "rmse").chance == pytest.approx(np.std(NUMBERS))
    assert scale_of(NUMBERS, "r2").chance == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("objective", ["accuracy", "auc"])
def test_where_chance_is_right_or_unknown_everything_is_beyond_it(objective):
    assert scale_of(np.zeros(5, "int32"), objective).share(1.0) == 1.0
