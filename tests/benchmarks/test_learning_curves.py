"""How the replay of learning curves scores a forecast."""

import pytest

from attn_tuner.labelling.estimate import Estimate


def test_an_interval_is_widened_by_the_deviation_of_what_was_measured():
    from learning_curves import held

    estimate = Estimate(points=80.0, low=79.0, high=80.5)
    assert held(estimate, 79.2, deviation=0.0)
    assert not held(estimate, 78.6, deviation=0.0)
    assert held(estimate, 78.6, deviation=1.0)  # 80 - (1^2 + 1.28^2)^(1/2) is 78.4.
    assert not held(estimate, 78.3, deviation=1.0)
    assert not held(estimate, 81.5, deviation=1.0)


def test_errors_are_means_of_absolute_ones():
    from learning_curves import means

    common = {"set": "trec", "seed": 0, "now": 78.0, "gain": 2.0, "gain_measured": 2.5}
    found = means(
        [common | {"forecast": 80.0, "measured": 81.0}, common | {"forecast": 80.0, "measured": 78}]
    )
    assert found["error"] == pytest.approx(1.5)
    assert found["gain_error"] == pytest.approx(0.5)
    assert found["flat_error"] == pytest.approx(1.5)


def test_only_texts_of_the_second_half_are_measured(two_sets):
    import learning_curves

    found = learning_curves.forecast("trec", 0)
    assert found.texts == 38
    assert 0 < found.tested <= found.texts // 2
    assert found.learnt < found.texts // 2
