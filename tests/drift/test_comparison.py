"""Whether new texts differ from the reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.drift.accuracy import compare_accuracy, estimate_accuracy
from attn_tuner.drift.comparison import LEVEL, compare, holm
from attn_tuner.drift.text_facts import TextFacts

CLASSES = ("a", "b", "c")


def facts(count, seed, length=20.0, unknown=0.05, shares=(0.5, 0.3, 0.2), sure=8.0):
    """Texts as a model of three classes might answer them, its probabilities calibrated."""
    random = np.random.default_rng(seed)
    lengths = random.poisson(length, count) + 1
    outside = random.binomial(lengths, unknown) / lengths
    classes = random.choice(3, count, p=shares)
    top = 0.4 + 0.6 * random.beta(sure, 2.0, count)
    answers = np.repeat((1 - top)[:, None] / 2, 3, axis=1)
    answers[np.arange(count), classes] = top
    return TextFacts(lengths, outside, answers)


def names_that_differ(new, reference=None):
    found = compare(reference or facts(1_000, 0), new, CLASSES)
    return [each.name for each in found if each.differs]


@pytest.mark.parametrize(
    ("name", "shift"),
    [
        ("lengths", {"length": 24.0}),
        ("unknown words", {"unknown": 0.10}),
        ("classes", {"shares": (0.35, 0.3, 0.35)}),
        ("confidence", {"sure": 4.0}),
    ],
)
def test_a_shift_is_found_with_500_texts_and_called_by_its_name(name, shift):
    found = [names_that_differ(facts(500, seed, **shift)) for seed in range(1, 21)]
    assert sum(name in each for each in found) >= 19
    assert sum(each == [name] for each in found) >= 16


def test_texts_like_the_reference_raise_an_alarm_in_one_of_twenty_at_most():
    alarms = sum(
        bool(names_that_differ(facts(500, 2 * seed + 1), facts(500, 2 * seed)))
        for seed in range(200)
    )
    # With a probability of 5 %, more than 17 of 200 have one of 1 %.
    assert alarms <= 17


def test_the_class_whose_share_has_changed_most_is_named():
    found = compare(facts(1_000, 0), facts(500, 1, shares=(0.3, 0.3, 0.4)), CLASSES)
    assert found[2].label in ("a", "c")
    assert found[2].p < 0.001


def test_texts_that_are_all_of_one_class_and_length_are_compared_too():
    alike = TextFacts(np.full(60, 5), np.zeros(60), np.tile([0.9, 0.05, 0.05], (60, 1)))
    assert all(each.p == 1.0 for each in compare(alike, alike, CLASSES))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_adjusted_p_values_keep_their_order_and_are_no_smaller(p):
    adjusted = np.array(holm(np.array(p)))
    assert (adjusted >= np.array(p)).all()
    assert (adjusted <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()
    assert adjusted.min() == pytest.approx(min(1.0, len(p) * min(p)))


def test_holms_example_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])


def test_where_a_calibrated_model_is_less_sure_the_estimate_falls_as_the_accuracy_does():
    random = np.random.default_rng(0)
    reference, new = facts(4_000, 1), facts(4_000, 2, sure=2.0)
    right, truth = (random.random(4_000) < each.confidences for each in (reference, new))
    found = estimate_accuracy(reference, right, new)
    assert found.before == pytest.approx(100 * right.mean())
    assert found.points < found.before - 5
    assert found.points == pytest.approx(100 * truth.mean(), abs=found.margin + 1.5)


def test_a_fall_among_labelled_texts_is_told_from_chance():
    before = np.arange(400) < 360
    assert compare_accuracy(before, np.arange(100) < 70).p < LEVEL
    assert compare_accuracy(before, np.arange(100) < 89).p > LEVEL
    assert compare_accuracy(before, np.arange(100) < 70).points == pytest.approx(70.0)
