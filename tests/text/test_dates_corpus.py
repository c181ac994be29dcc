"""The dates corpus: every pair is right, and its spans are those that decide."""

import re
from datetime import date
from itertools import pairwise

import pytest

from attn_tuner.text.dates_corpus import PARTS, date_pairs, dates_corpus

PAIRS = date_pairs(3_000)


def test_the_corpus_is_the_same_for_a_seed_and_another_for_another():
    assert date_pairs(20, seed=1) == date_pairs(20, seed=1)
    assert date_pairs(20, seed=1) != date_pairs(20, seed=2)


def test_no_source_is_in_two_parts():
    corpus = dates_corpus()
    sources = [pair.source for part in corpus.values() for pair in part]
    assert len(set(sources)) == len(sources) == sum(map(len, corpus.values()))


def test_every_target_is_a_date_from_1950_to_2049():
    assert all(1950 <= date.fromisoformat(pair.target).year <= 2049 for pair in PAIRS)


@pytest.mark.parametrize("part", ["year", "day"])
def test_the_digits_of_a_span_are_those_of_the_target(part):
    for pair in PAIRS:
        start, end = pair.spans[part]
        digits = re.match(r"\d+", pair.source[start:end])[0]
        assert pair.target[slice(*PARTS[part])].endswith(digits.zfill(2)), pair


def test_the_same_name_of_a_month_is_always_the_same_month():
    months = {}
    for pair in PAIRS:
        start, end = pair.spans["month"]
        name, number = pair.source[start:end], pair.target[slice(*PARTS["month"])]
        assert months.setdefault(name.zfill(2), number) == number, pair
    assert len(months) > 60
    assert {months[name] for name in ("März", "mars", "marzo", "maart", "Mar", "03")} == {"03"}


def test_spans_do_not_overlap():
    for pair in PAIRS:
        ordered = sorted(pair.spans.values())
        assert all(one[1] <= other[0] for one, other in pairwise(ordered))


@pytest.mark.parametrize(
    "form", [r"\d+/\d+/\d\d$", r"\d+\.\d+\.\d{4}$", r"Mittwoch, ", r"miércoles"]
)
def test_every_form_and_language_is_there(form):
    assert any(re.match(form, pair.source) for pair in PAIRS)


def test_an_ordinal_has_its_ending():
    endings = {"1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd"}
    found = {
        ordinal for pair in PAIRS for ordinal in re.findall(r"\d+(?:st|nd|rd|th)", pair.source)
    }
    assert endings <= found
    assert not found & {"1th", "11st", "12nd", "13rd", "21th"}
