"""What the coverage of prediction sets is measured by."""

import numpy as np
from scipy import sparse


def row(*draws):
    return {"held out": [{"texts": 400, "accuracy": 0.9, **each} for each in draws]}


def test_the_error_of_several_draws_is_that_of_their_mean_and_of_one_that_of_a_share():
    from prediction_sets import shown

    draws = row(
        {"covered": 0.94, "classes": {"a": 0.93, "b": 0.95}},
        {"covered": 0.96, "classes": {"a": 0.91}},
    )
    assert shown(draws, "held out") == ["95.0 ± 2.0", "92.0", "90.0"]
    alone = row({"covered": 0.95, "classes": {}})
    assert shown(alone, "held out") == ["95.0 ± 2.2", "-", "90.0"]


def test_likeness_is_the_cosine_with_the_nearest_text():
    from prediction_sets import nearest

    learnt = sparse.csr_matrix(np.eye(3)[:2])
    rows = sparse.csr_matrix(np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]))
    found = nearest(rows, learnt)
    np.testing.assert_allclose([found["mean"], found["near"]], [(1 + 0.8 + 0) / 3, 1 / 3])


def test_coverage_is_told_of_the_classes_with_a_threshold_of_their_own():
    from prediction_sets import facts

    from attn_tuner.exporting.conformal import Conformal

    answers = np.array([[0.6, 0.4], [0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
    found = facts(np.array([1, 0, 1, 1]), answers, Conformal(0.95, (0.3, 0.3)), "ab", "b")
    assert found["covered"] == 0.75
    assert found["accuracy"] == 0.5
    assert found["classes"] == {"b": 2 / 3}
