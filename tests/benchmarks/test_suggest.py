"""How the replay of suggestions scores them."""

import numpy as np
import pytest


def test_the_labels_needed_are_read_between_two_measurements():
    from suggest import FIRST, STEP, labels_needed

    curve = np.array([70.0, 74.0, 76.0])
    assert labels_needed(curve, 75.0) == pytest.approx(FIRST + 1.5 * STEP)
    assert labels_needed(curve, 70.0) == FIRST
    assert labels_needed(curve, 77.0) is None


def test_both_ways_begin_with_the_same_labels(two_sets, monkeypatch):
    import suggest

    monkeypatch.setattr(suggest, "FIRST", 6)
    monkeypatch.setattr(suggest, "STEP", 4)
    monkeypatch.setattr(suggest, "LAST", 14)
    random, chosen = (suggest.accuracies("trec", 1, way) for way in suggest.WAYS)
    assert random[0] == chosen[0]
    assert len(random) == len(chosen) == 3
    suggest.texts_of.cache_clear()
