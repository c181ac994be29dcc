"""Labels that are probably wrong are found, ranked and explained."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import attn_tuner
from attn_tuner.checking.label_errors import rank_label_errors
from attn_tuner.errors import DataError, MissingExtra
from attn_tuner.text import load
from tests.support.labelled import SUBJECTS, labelled


@pytest.fixture(scope="module")
def found():
    texts, labels, wrong = labelled()
    return attn_tuner.check({"text": texts, "label": labels}), texts, labels, wrong


def test_flipped_labels_are_found_where_they_stand(found):
    check, texts, labels, wrong = found
    assert sorted(each.place.row - 1 for each in check.label_errors) == wrong
    assert {each.place.part for each in check.label_errors} == {"train"}
    for each in check.label_errors:
        assert each.text == texts[each.place.row - 1]
        assert each.label == labels[each.place.row - 1] != each.suggested
        assert each.probability > 0.5 > each.given_probability
    assert check.judged == len(texts)


def test_the_words_against_a_label_are_words_of_the_text_and_of_the_other_class(found):
    for each in found[0].label_errors:
        assert each.words
        for words in each.words:
            assert words in each.text
            assert set(words.split()) <= set(SUBJECTS[each.suggested].split())


def test_the_most_suspicious_label_comes_first(found):
    given = [each.given_probability for each in found[0].label_errors]
    assert given == sorted(given)


def test_labels_of_a_test_part_of_its_own_are_not_judged():
    texts, labels, wrong = labelled()
    own = [row for row in range(120) if row not in wrong[:2]]
    train = {"text": [texts[row] for row in own], "label": [labels[row] for row in own]}
    test = {"text": [texts[row] for row in wrong[:2]], "label": [labels[row] for row in wrong[:2]]}
    check = attn_tuner.check(train, test=test)
    assert check.judged == 118
    assert [own[each.place.row - 1] for each in check.label_errors] != wrong[:2]
    assert len(check.label_errors) == 4


def test_with_times_the_earliest_texts_are_not_judged():
    texts, labels, _ = labelled()
    frame = {"text": texts, "label": labels, "day": list(range(120))}
    check = attn_tuner.check(frame, time="day")
    assert check.judged == 100
    assert min(each.place.row for each in check.label_errors) > 20


def test_rows_without_text_do_not_shift_the_others():
    texts, labels, wrong = labelled()
    check = attn_tuner.check({"text": ["", *texts], "label": ["kitchen", *labels]})
    assert sorted(each.place.row - 2 for each in check.label_errors) == wrong


def test_data_with_several_labels_or_numbers_are_refused():
    texts, _, _ = labelled()
    numbers = {"text": texts, "label": [row + 0.5 for row in range(120)]}
    with pytest.raises(DataError, match="is a regression set, and check reads data with one class"):
        attn_tuner.check(numbers)


def test_a_data_set_that_is_divided_already_takes_no_group():
    texts, labels, _ = labelled()
    dataset = load((texts, labels))
    assert attn_tuner.check(dataset).judged == 120
    with pytest.raises(DataError, match="read and divided"):
        attn_tuner.check(dataset, group="patient")


def test_a_setting_that_cannot_be_meant_is_refused_before_the_data_are_read():
    with pytest.raises(DataError, match="validation is 2"):
        attn_tuner.check("missing.csv", validation=2.0)


def test_without_cleanlab_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab.count", None)
    with pytest.raises(MissingExtra, match=r"attn-tuner\[check\]"):
        attn_tuner.check("demo")


@st.composite
def judged(draw):
    """Probabilities of texts, and labels of which each class has some."""
    classes, texts = draw(st.integers(2, 4)), draw(st.integers(4, 30))
    raw = draw(arrays("float64", (texts, classes), elements=st.floats(0.01, 1.0)))
    labels = np.arange(texts) % classes
    return raw / raw.sum(axis=1, keepdims=True), labels


@settings(deadline=None, max_examples=40)
@given(judged())
def test_a_suspect_is_more_probably_of_another_class_and_the_worst_comes_first(given):
    probabilities, labels = given
    suspects = rank_label_errors(probabilities, labels)
    assert len(set(suspects.tolist())) == len(suspects)
    assert (probabilities[suspects].argmax(axis=1) != labels[suspects]).all()
    confidence = probabilities[suspects, labels[suspects]]
    assert (np.diff(confidence) >= 0).all()
