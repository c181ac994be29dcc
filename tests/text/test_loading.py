"""load(): parts, classes and refusals that are the same for every kind of source."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.text import Split, load
from attn_tuner.text.cleaning import sorted_classes
from attn_tuner.text.splitting import default_fraction, hold_out, remove_texts_of


def texts_of(count, name="text"):
    return [f"{name} {number}" for number in range(count)]


def test_parts_are_held_out_by_class_and_together_hold_every_text():
    texts = texts_of(200)
    data = load((texts, [0] * 150 + [1] * 50))
    parts = data.parts()
    assert sorted(text for part in parts.values() for text in part.texts) == sorted(texts)
    assert set(parts) == {"train", "validation", "test"}
    for part in parts.values():
        share = part.counts(2)[0] / len(part)
        assert share == pytest.approx(0.75, abs=0.01)


def test_a_text_keeps_its_label_through_the_split():
    texts = texts_of(60, "a") + texts_of(60, "b")
    data = load((texts, ["x"] * 60 + ["y"] * 60), seed=5)
    for part in data.parts().values():
        for text, label in zip(part.texts, part.labels, strict=True):
            assert data.classes[label] == {"a": "x", "b": "y"}[text[0]]


def test_the_seed_decides_the_split_and_the_fingerprint_tells_splits_apart():
    pairs = (texts_of(100), [0, 1] * 50)
    first, again, other = load(pairs, seed=1), load(pairs, seed=1), load(pairs, seed=2)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert first.validation.texts == again.validation.texts != other.validation.texts


def test_the_fingerprint_depends_on_labels_and_on_where_texts_end():
    assert (
        load((["a b", "c", "d", "e"], [0, 1, 0, 1]), validation=0.3, test=0.3).fingerprint
        != load((["a ", "bc", "d", "e"], [0, 1, 0, 1]), validation=0.3, test=0.3).fingerprint
    )
    pairs = texts_of(8), [0, 1] * 4
    assert load(pairs).fingerprint != load((pairs[0], [1, 0] * 4)).fingerprint


def test_training_texts_that_also_stand_in_test_are_removed_and_the_log_says_how_many(caplog):
    caplog.set_level(logging.INFO, logger="attn_tuner.text")
    train = (texts_of(100), [0, 1] * 50)
    data = load(train, test=(["text 3", "text 4", "new"], [1, 0, 1]))
    assert not {"text 3", "text 4"} & {*data.train.texts, *data.validation.texts}
    assert data.test.texts == ["text 3", "text 4", "new"]
    note = "2 training texts were removed: they are also in the test part."
    assert note in data.notes
    assert note in caplog.messages


def test_repeats_in_training_never_straddle_the_validation_part():
    data = load((texts_of(40) * 3, ([0, 1] * 20) * 3), seed=3)
    assert not set(data.train.texts) & set(data.validation.texts)
    assert not set(data.train.texts) & set(data.test.texts)


def test_parts_that_are_given_are_taken_as_they_are():
    data = load(
        (texts_of(20), [0, 1] * 10),
        validation=(texts_of(3, "v"), [0, 1, 1]),
        test=(texts_of(2, "t"), [1, 0]),
    )
    assert [len(part) for part in data.parts().values()] == [20, 3, 2]
    assert data.test.labels.tolist() == [1, 0]


def test_a_fraction_says_how_much_to_hold_out():
    data = load((texts_of(100), [0, 1] * 50), validation=0.3, test=0.2)
    assert [len(part) for part in data.parts().values()] == [56, 24, 20]


def test_integers_booleans_and_strings_all_become_class_names():
    texts = texts_of(30)
    assert load((texts, [10, 9, 2] * 10)).classes == ("2", "9", "10")
    assert load((texts, [True, False] * 15)).classes == ("False", "True")
    assert load((texts, [" pos", "neg"] * 15)).classes == ("neg", "pos")
    assert load((texts, [1.0, 0.0] * 15)).classes == ("0", "1")
    assert load((texts, np.array([1, 0] * 15, np.uint8))).classes == ("0", "1")


def test_the_task_follows_from_the_number_of_classes():
    assert load((texts_of(30), [0, 1] * 15)).task == "binary"
    assert load((texts_of(30), [0, 1, 2] * 10)).task == "multiclass"


def test_a_class_of_two_leaves_one_text_in_training():
    data = load((texts_of(22), [0] * 20 + [1] * 2))
    assert (data.train.counts(2) > 0).all()


@given(st.lists(st.integers(0, 3), min_size=8, max_size=60), st.floats(0.01, 0.9), st.integers(0))
def test_holding_out_loses_no_text_and_leaves_every_class(labels, fraction, seed):
    part = Split([str(n) for n in range(len(labels))], np.array(labels, np.int32))
    left, held = hold_out(part, fraction, seed, classes=4)
    assert sorted(left.texts + held.texts) == sorted(part.texts)
    had, has = part.counts(4), left.counts(4)
    assert ((has > 0) == (had > 0)).all()
    rest, removed = remove_texts_of(part, [held])
    assert rest.texts == left.texts
    assert removed == len(held)


def test_the_usual_part_is_a_tenth_within_bounds():
    assert default_fraction(100) == 0.2
    assert default_fraction(4_000) == pytest.approx(0.125)
    assert default_fraction(25_000) == pytest.approx(0.1)
    assert default_fraction(100_000) == pytest.approx(0.05)


def test_classes_sort_by_number_only_where_all_are_numbers():
    assert sorted_classes(["10", "9", "-1"]) == ("-1", "9", "10")
    assert sorted_classes(["10", "9", "b"]) == ("10", "9", "b")


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        (([], []), "the given texts holds no rows."),
        ((["a", "b"], [0]), "differ: 2 and 1. Each text needs one label."),
        ((texts_of(4), [0] * 4), "has one class only ('0')."),
        ((texts_of(5), [0] * 4 + [1]), "1 class of the given texts has fewer than 3 texts ('1' 1)"),
        ((texts_of(9), [*"aaaaaabbc"]), "2 classes of the given texts have fewer than 3 texts"),
        ((texts_of(9), [*"aaaaaabbc"]), "'b' 2, 'c' 1"),
        ((texts_of(20), list(range(20))), "20 different ones in 20 rows. If they are quantities"),
        ((texts_of(4), [0, None, 1, 1]), "1 of 4 rows of the given texts have no label"),
        ((texts_of(4), [0, float("nan"), 1, 1]), "the first is row 2"),
        ((texts_of(4), ["a", "", "b", ""]), "2 of 4 rows"),
        ((texts_of(4), ["a", 0.5, "b", "a"]), "A label of the given texts is 0.5, a fraction."),
        ((texts_of(4), ["a", [0, 1], "b", "a"]), "one string, integer or boolean per text"),
        (([1, 2, 3, 4], [0, 1, 0, 1]), "The texts of the given texts are numbers, such as 1."),
        ((["1", "2.5"], [0, 1]), "are numbers, such as '1'."),
        (([0, 1, 0], texts_of(3)), "holds numbers, such as 0. Give (texts, labels), the texts f"),
        ((["a", None], [0, 1]), "1 of 2 rows of the given texts have no text; the first is row 2"),
        ((["a", float("nan")], [0, 1]), "leave such rows out with drop_missing=True"),
        ((["a", " \t"], [0, 1]), "1 of 2 rows of the given texts have no text"),
        (([[1, 4], [1, 5]], [0, 1]), "are lists of ids. Give the words that they stand for"),
        ((["a", ["b"]], [0, 1]), "Text 2 of the given texts is a list."),
        ((["a", b"\xff"], [0, 1]), "Text 2 of the given texts is not UTF-8 (byte 0xff at 0)."),
    ],
)
def test_data_that_cannot_be_used_is_refused_in_one_sentence(pairs, sentence):
    with pytest.raises(DataError) as refusal:
        load(pairs)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("no-such-folder/", "read from 'no-such-folder/'. There is no such folder. Give a "),
        (["one text", "another", "a third"], "from a list. Texts alone have no labels. Give"),
        (np.array([["a", "x"], ["b", "y"]]), "one column of texts and one of labels, as a pair"),
        (None, "can be read from None. Give a"),
        ("a sentence", "can be read from 'a sentence'. Give a"),
    ],
)
def test_what_is_no_data_is_refused_with_what_it_lacks(source, sentence):
    with pytest.raises(DataError) as refusal:
        load(source)
    assert sentence in str(refusal.value)


def test_labels_that_training_does_not_have_are_refused():
    with pytest.raises(DataError, match="has the labels 2, which no training text has"):
        load((texts_of(10), [0, 1] * 5), test=(["t", "u"], [2, 1]))


def test_training_that_only_repeats_the_test_part_is_refused():
    pairs = texts_of(10), [0, 1] * 5
    with pytest.raises(DataError, match="No training text of the given texts is left"):
        load(pairs, test=pairs)


@pytest.mark.parametrize("source", [3, ["a", "b"], "what is this?", "a.txt"])
def test_a_source_of_no_known_kind_is_refused_with_the_kinds(source):
    with pytest.raises(DataError, match="Give a TFDS name, a file ending in"):
        load(source)


def test_a_fraction_outside_its_range_is_refused():
    with pytest.raises(DataError, match="should lie between 0 and 1"):
        load((texts_of(10), [0, 1] * 5), validation=1.5)


def test_lone_surrogates_become_replacement_characters():
    data = load((["a \ud800", "b", "c", "d"], [0, 0, 1, 1]))
    every = {text for part in data.parts().values() for text in part.texts}
    assert "a \ufffd" in every
