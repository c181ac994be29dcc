"""Copies are found within and across parts, in time that grows with the number of texts."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.checking import copies
from attn_tuner.checking.copies import find_copies
from tests.support.labelled import checked

SENTENCE = "the train from the old town was late again because of snow on the line near us"
LONG = f"{SENTENCE} and nobody at the station knew when the next one would come"


def rows(found):
    return [tuple(place.row for place in each.places) for each in found]


def test_texts_that_differ_in_case_accents_and_spaces_are_the_same():
    found = find_copies(checked(["Crème  brûlée!", "another text", "creme brulee !"]))
    assert rows(found) == [(1, 3)]
    assert found[0].same


def test_a_long_text_with_one_word_changed_is_a_near_copy_and_one_with_many_is_not():
    changed = LONG.replace("snow", "ice")
    others = LONG.replace("the", "a")
    found = find_copies(checked([LONG, changed, others]))
    assert rows(found) == [(1, 2)]
    assert not found[0].same


def test_short_texts_are_copies_only_if_they_are_equal():
    assert find_copies(checked(["what is my balance", "what is the balance"])) == ()


def test_copies_in_two_parts_come_first_and_those_with_two_labels_next():
    texts = ["one two", "one two", "three four", "three four", "five six", "five six"]
    roles = ["train", "train", "train", "train", "train", "validation"]
    found = find_copies(checked(texts, [0, 0, 0, 1, 0, 0], roles))
    assert [each.text for each in found] == ["five six", "three four", "one two"]
    assert [each.crosses for each in found] == [True, False, False]
    assert [each.labels for each in found] == [("a",), ("a", "b"), ("a",)]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text("ab cé.", max_size=30), min_size=1, max_size=12))
def test_a_text_is_in_one_group_at_most_and_equal_texts_are_in_the_same(texts):
    found = rows(find_copies(checked(texts)))
    placed = [row for each in found for row in each]
    assert len(placed) == len(set(placed))
    group = {row: number for number, each in enumerate(found) for row in each}
    for one, text in enumerate(texts, start=1):
        for other in range(one + 1, len(texts) + 1):
            if text == texts[other - 1]:
                assert group[one] == group[other]


def test_a_crowd_of_like_texts_is_not_compared_pair_by_pair(monkeypatch):
    random = np.random.default_rng(0)
    crowd = []
    for number in range(400):  # Alike by two thirds, so each would be a group of its own.
        own = [f"own{number}x{place}" for place in range(9)]
        crowd.append(" ".join([SENTENCE, *SENTENCE.split()[::-1], *random.permutation(own)]))
    compared, jaccard = [], copies._jaccard
    monkeypatch.setattr(copies, "_jaccard", lambda *pairs: compared.append(1) or jaccard(*pairs))
    find_copies(checked(crowd))
    assert len(compared) <= 64 * len(crowd)
