"""An n-gram that gives a class away is found, and an ordinary word of its subject is not."""

import numpy as np
import pytest
from scipy import sparse

import attn_tuner
from attn_tuner.checking.leaks import _wilson_low, find_leaks
from tests.support.labelled import labelled


def test_words_that_only_one_class_has_are_found_once_for_all_that_belong_to_them():
    texts, labels, _ = labelled(400, flipped=0)
    random = np.random.default_rng(1)
    marked = [
        f"{text} rated five stars" if label == "weather" and random.random() < 0.6 else text
        for text, label in zip(texts, labels, strict=True)
    ]
    # Every word of this tiny language belongs to one class, so more than the mark is found.
    found = attn_tuner.check({"text": marked, "label": labels}).leaks
    (mark,) = [each for each in found if set(each.words.split()) & {"rated", "five", "stars"}]
    assert mark.label == "weather"
    assert mark.elsewhere == 0
    assert mark.coverage == pytest.approx(mark.texts / labels.count("weather"))


def leaks(with_it, without, labels):
    """The leaks of one n-gram, given how many texts of each class have it and do not."""
    there = [1.0] * sum(with_it) + [0.0] * sum(without)
    rows = sparse.csr_matrix(np.array(there)[:, None])
    own = np.repeat([*range(labels), *range(labels)], [*with_it, *without])
    return find_leaks(rows, own, ("a", "b", "c")[:labels], lambda text, column: "stars")


def test_the_rule_takes_many_texts_few_exceptions_and_a_fifth_of_the_class():
    assert leaks((80, 0), (100, 180), 2)
    assert not leaks((60, 0), (100, 180), 2)  # Too few to be sure.
    assert not leaks((80, 4), (100, 180), 2)  # Too many elsewhere.
    assert not leaks((80, 0), (400, 480), 2)  # Too small a part of its class.


def test_the_lower_end_is_that_of_wilson():
    # Wilson 1927 by hand: n = 10, share 0.8, z = 1.96.
    low = _wilson_low(np.array([8.0]), np.array([10.0]))
    np.testing.assert_allclose(low, [0.4902], atol=1e-4)
