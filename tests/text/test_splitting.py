"""Distinct texts are divided: no text in two parts, no row lost, every class wherever it can be."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.text import Split, load
from attn_tuner.text.splitting import distinct_counts, hold_out

# Few texts, so that they come often and with several classes.
rows = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=4, max_size=80)


def rows_of(data):
    """How often each pair of text and class stands in the parts."""
    return Counter(
        (text, data.classes[label])
        for part in data.parts().values()
        for text, label in zip(part.texts, part.labels.tolist(), strict=True)
    )


def only_of(pairs, label):
    """The texts that come with this class and no other."""
    return {t for t, own in pairs if own == label} - {t for t, own in pairs if own != label}


@given(rows, st.integers(0, 5))
@example([(0, 1), (0, 2), (0, 2), (2, 0), (2, 0), (2, 1)], 0)
def test_no_text_is_in_two_parts_no_row_vanishes_and_each_class_is_where_it_can_be(pairs, seed):
    texts, labels = [f"text {t}" for t, _ in pairs], [f"class {own}" for _, own in pairs]
    try:
        data = load((texts, labels), seed=seed)
    except DataError:
        # Refused: one class, a class of one row, or every text is the last of a class.
        counts, different = Counter(labels), {own: set() for own in labels}
        for text, own in zip(texts, labels, strict=True):
            different[own].add(text)
        spare = [text for text in texts if {text} not in different.values()]
        assert len(counts) == 1 or 1 in counts.values() or not spare
        return
    parts = {role: set(part.texts) for role, part in data.parts().items()}
    assert len(set().union(*parts.values())) == sum(map(len, parts.values()))
    assert rows_of(data) == Counter(zip(texts, labels, strict=True))
    for index, name in enumerate(data.classes):
        assert data.train.counts(len(data.classes))[index]
        if len(only_of(pairs, int(name[-1]))) >= 3:
            for part in data.parts().values():
                assert part.counts(len(data.classes))[index]
    said = " ".join(data.notes)
    for role, part in data.parts().items():
        lacks = len({*part.labels.tolist()}) < len(data.classes)
        assert (f"The {role} part has no text of" in said) == lacks
    assert ("No text was held out for test" in said) == ("test" not in data.parts())


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 7)), min_size=8, max_size=60),
    st.floats(0.05, 0.6),
)
def test_of_several_labels_each_stays_in_training_and_is_held_out_where_it_can_be(pairs, fraction):
    labels = np.array([[own >> bit & 1 for bit in range(3)] for _, own in pairs], "uint8")
    part = Split([str(text) for text, _ in pairs], labels)
    left, held = hold_out(part, fraction, 0, 3)
    assert not set(left.texts) & set(held.texts)
    assert len(left) + len(held) == len(part)
    for label, count in enumerate(distinct_counts(part, 3)):
        assert bool(count) == bool(left.labels[:, label].any())


def test_sixty_canned_replies_are_divided_with_all_their_copies(rng):
    texts = [f"reply {each}, thanks" for each in rng.integers(0, 60, 1500)]
    data = load((texts, ["abc"[int(text[6:].split(",")[0]) % 3] for text in texts]))
    assert [len(set(part.texts)) for part in data.parts().values()] == [39, 9, 12]
    assert sum(map(len, data.parts().values())) == 1500
    assert all(part.counts(3).all() for part in data.parts().values())
    assert "The 1,500 training texts contain 60 distinct ones" in data.notes[0]
    assert "12 different ones with their copies, were held out for test." in data.notes[1]


def test_a_text_that_dominates_its_class_stays_in_training_and_the_notes_say_so():
    texts = ["Bye!"] * 400 + [f"other {n}" for n in range(40)] + [f"more {n}" for n in range(100)]
    data = load((texts, ["bye"] * 440 + ["else"] * 100))
    assert data.train.texts.count("Bye!") == 400
    assert sum(map(len, data.parts().values())) == 540
    for part in (data.validation, data.test):
        assert part.counts(2).all()
    said = "400 of 440 texts of class 'bye' are the same, 'Bye!'; they stay in training."
    assert said in data.notes


def test_a_class_of_one_text_only_stays_in_training_and_the_notes_say_what_lacks_it():
    texts = ["Bye!"] * 30 + [f"text {n}" for n in range(60)]
    data = load((texts, ["bye"] * 30 + ["x", "y"] * 30))
    assert data.train.texts.count("Bye!") == 30
    said = " ".join(data.notes)
    assert "The test part has no text of class 'bye'" in said
    assert "The validation part has no text of class 'bye'" in said


def test_a_rare_class_that_the_test_part_lacks_is_said():
    data = load(([f"text {n}" for n in range(600)], ["rare"] * 2 + ["x", "y"] * 299))
    assert data.train.counts(3)[0] == data.validation.counts(3)[0] == 1
    assert "The test part has no text of class 'rare'" in data.notes[-1]


def test_a_test_part_of_no_texts_is_explained():
    data = load(([f"text {n}" for n in range(120)], [n // 2 for n in range(120)]))
    assert {role: len(part) for role, part in data.parts().items()} == {
        "train": 60,
        "validation": 60,
    }
    assert len(data.test) == 0
    assert "No text was held out for test: no class has more than two different texts" in str(
        data.notes
    )


def test_validation_texts_that_also_stand_in_test_are_removed_and_said():
    train = ([f"text {n}" for n in range(20)], [0, 1] * 10)
    held = (["a", "b", "c", "d"], [0, 1, 0, 1])
    data = load(train, validation=held, test=(held[0][2:], held[1][2:]))
    assert data.validation.texts == ["a", "b"]
    assert "2 validation texts were removed: they are also in the test part." in data.notes
    with pytest.raises(DataError, match="All validation texts of the given texts are also"):
        load(train, validation=held, test=held)


def test_texts_that_come_with_different_classes_are_said():
    texts = [f"text {n}" for n in range(40)] + ["text 0"]
    data = load((texts, [0, 1] * 20 + [1]))
    assert "1 text comes with different classes, such as 'text 0'" in " ".join(data.notes)


def test_of_texts_without_copies_the_division_is_by_class_and_fraction_alone():
    part = Split([str(n) for n in range(100)], np.array([0] * 80 + [1] * 20, "int32"))
    _, held = hold_out(part, 0.1, 3, 2)
    assert held.counts(2).tolist() == [8, 2]
    random = np.random.default_rng(3)
    expected = [*random.permutation(80)[:8], *(80 + random.permutation(20)[:2])]
    assert sorted(map(int, held.texts)) == sorted(map(int, expected))
