"""The three texts to begin with."""

import numpy as np

from attn_tuner.explaining.explanation import Explanation
from attn_tuner.serving.example_choice import choose_examples


def answer(text, good):
    shares = {"bad": 1 - good, "good": good}
    label = max(shares, key=shares.__getitem__)
    return Explanation(text, label, shares, (), (), (), (), np.zeros((0, 0)))


def chosen(rows):
    """rows: (probability of "good", truth)."""
    answers = [answer(f"text {place}", good) for place, (good, _) in enumerate(rows)]
    found = choose_examples(answers, [truth for _, truth in rows])
    return {row["kind"]: int(row["text"].split()[1]) for row in found}


def test_a_sure_one_one_in_doubt_and_the_most_confident_mistake_are_chosen():
    rows = [(0.9, "good"), (0.51, "good"), (0.6, "bad"), (0.95, "bad"), (0.2, "bad")]
    assert chosen(rows) == {"sure": 0, "in doubt": 1, "wrong": 3}


def test_a_kind_that_no_text_has_is_missing():
    assert chosen([(0.9, "good"), (0.7, "good")]) == {"sure": 0, "in doubt": 1}
    assert chosen([(0.9, "good")]) == {"sure": 0}
    assert chosen([(0.9, "bad")]) == {"wrong": 0}
    assert choose_examples([], []) == []


def test_the_sure_one_is_not_the_very_surest():
    rows = [(0.5 + place / 100, "good") for place in range(1, 46)]
    assert 36 <= chosen(rows)["sure"] < 44


def test_texts_without_a_class_are_given_as_they_come():
    found = choose_examples([answer(f"text {place}", 0.5) for place in range(5)], [])
    assert [row["text"] for row in found] == ["text 0", "text 1", "text 2"]
    assert {row["kind"] for row in found} == {""}
