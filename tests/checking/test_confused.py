"""Classes are confused if many of their texts are taken for each other's."""

import numpy as np

from attn_tuner.checking.confused import find_confused


def confused(pairs, classes):
    """The confused pairs, given (label, answer, how often)."""
    labels, answers = (
        np.repeat([row[at] for row in pairs], [row[2] for row in pairs]) for at in (0, 1)
    )
    return find_confused(np.eye(len(classes))[answers], labels, classes)


def test_a_pair_is_named_with_the_class_first_that_is_mistaken_more_often():
    pairs = [(0, 0, 40), (0, 1, 2), (1, 1, 30), (1, 0, 8), (2, 2, 40)]
    (found,) = confused(pairs, ("a", "b", "c"))
    assert found.classes == ("b", "a")
    assert found.texts == (8, 2)
    assert found.share == 10 / 80


def test_few_mistakes_and_two_classes_alone_are_no_finding():
    assert confused([(0, 0, 9), (0, 1, 4), (1, 1, 9), (2, 2, 9)], ("a", "b", "c")) == ()
    assert confused([(0, 0, 9), (0, 1, 9), (1, 1, 9)], ("a", "b")) == ()
