"""Texts without words, far shorter than usual, or in another script are found."""

from attn_tuner.checking.odd_texts import find_odd_texts, script_of
from tests.support.labelled import checked

LONG = "a sentence that is long enough to make a word or two look like a mistake in the data here"


def reasons(texts):
    return {each.place.row: each.reason for each in find_odd_texts(checked(texts))}


def test_a_text_without_letter_or_digit_has_no_word():
    assert reasons(["good", "?!", "7", "…"]) == {2: "no word", 4: "no word"}


def test_a_word_alone_is_short_only_among_long_texts():
    assert reasons([LONG] * 9 + ["good"]) == {10: "too short"}
    assert reasons(["quite good"] * 9 + ["good"]) == {}


def test_a_script_is_another_one_while_few_texts_are_in_it():
    assert reasons(["good film"] * 39 + ["хороший фильм"]) == {40: "other script"}
    assert reasons(["good film"] * 9 + ["хороший фильм"]) == {}


def test_the_script_is_that_of_most_letters():
    assert script_of("слово and") == "CYRILLIC"
    assert script_of("日本のテキスト") == "CJK"
    assert script_of("１２３ ?") == ""
