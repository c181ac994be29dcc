"""The shares that the figures of a comparison draw."""

import numpy as np
import pytest

from attn_tuner.drift.distributions import BINS, CLASSES, distributions
from attn_tuner.drift.text_facts import TextFacts


def facts(lengths, classes, many=2):
    answers = np.eye(many)[np.asarray(classes)] * 0.8 + 0.1
    return TextFacts(np.asarray(lengths), np.zeros(len(lengths)), answers)


def test_shares_sum_to_one_and_ranges_hold_as_many_texts_of_before():
    before = facts(np.arange(800), np.arange(800) % 2)
    lengths, unknown, classes, confidence = distributions(before, before, ["a", "b"])
    np.testing.assert_allclose(lengths.before, 1 / BINS, atol=0.01)
    assert lengths.before == lengths.now
    assert lengths.bins[0] == "up to 100"
    assert lengths.bins[-1] == "above 699"
    for each in (lengths, unknown, classes, confidence):
        assert sum(each.before) == pytest.approx(1)
        assert len(each.bins) == len(each.before) == len(each.now)


def test_the_classes_that_changed_most_come_first_and_are_few():
    names = [f"class {number}" for number in range(30)]
    before = facts([1] * 300, np.arange(300) % 30, 30)
    now = facts([1] * 300, np.where(np.arange(300) < 90, 7, np.arange(300) % 30), 30)
    classes = distributions(before, now, names)[2]
    assert classes.bins[0] == "class 7"
    assert len(classes.bins) == CLASSES
    assert classes.now[0] > 3 * classes.before[0]
