"""Divisions by group and by time: nothing leaks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.text import Split, load
from attn_tuner.text.grouped_splitting import hold_out_groups, hold_out_latest

TEXTS = [f"text number {number}" for number in range(120)]
FRAME = pd.DataFrame(
    {
        "text": TEXTS,
        "label": ["x", "y", "z"] * 40,
        "patient": [f"p{number // 6}" for number in range(120)],
        "date": pd.date_range("2024-01-01", periods=120).strftime("%Y-%m-%d"),
    }
)


def members(labels, keys, **named):
    texts = [str(number) for number in range(len(labels))]
    return Split(texts, np.array(labels, np.int32), **{named.pop("as_"): np.array(keys)})


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=6, max_size=80).filter(
        lambda rows: len({group for _, group in rows}) > 1
    ),
    st.floats(0.05, 0.95),
    st.integers(0, 10),
)
@example([(0, 0)] * 5 + [(0, 1)], 0.5625, 0)
def test_no_group_is_divided_and_no_text_is_lost(rows, fraction, seed):
    labels, groups = zip(*rows, strict=True)
    part = members(labels, list(map(str, groups)), as_="groups")
    left, held = hold_out_groups(part, fraction, seed, 3, "it")
    assert sorted(left.texts + held.texts) == sorted(part.texts)
    assert not set(left.groups) & set(held.groups)
    assert len(left)
    assert len(held)


@given(
    st.lists(st.integers(0, 30), min_size=4, max_size=80).filter(lambda times: len({*times}) > 1),
    st.floats(0.05, 0.6),
)
def test_what_is_held_out_is_later_than_all_that_remains(times, fraction):
    part = members([0] * len(times), np.array(times, "float64"), as_="times")
    left, held = hold_out_latest(part, fraction, "it")
    assert sorted(left.texts + held.texts) == sorted(part.texts)
    assert left.times.max() < held.times.min()


def test_the_groups_of_a_table_stay_together_and_classes_keep_their_shares():
    data = load(FRAME, group="patient")
    found = [set(part.groups) for part in data.parts().values()]
    assert sum(map(len, found)) == len(set.union(*found)) == 20
    assert [len(part) for part in data.parts().values()] == [72, 24, 24]
    assert all((part.counts(3) > 0).all() for part in data.parts().values())
    assert data.notes[-1].startswith("No group of column 'patient' is in two parts.")
    assert load(FRAME, group="patient", seed=1).fingerprint != data.fingerprint


def test_another_grouping_gives_other_data():
    other = FRAME.assign(doctor=[f"d{number // 12}" for number in range(120)])
    assert load(other, group="doctor").fingerprint != load(other, group="patient").fingerprint


def test_groups_of_a_given_part_leave_training():
    test = FRAME[114:].assign(text=[f"other {number}" for number in range(6)])
    data = load(FRAME, group="patient", test=test)
    assert "p19" not in {*data.train.groups, *data.validation.groups}
    assert "6 training texts were removed: their group is also in the test part." in data.notes


def test_texts_that_stand_in_two_groups_leave_training():
    frame = FRAME.assign(text=[f"text number {number % 60}" for number in range(120)])
    data = load(frame, group="patient")
    texts = [set(part.texts) for part in data.parts().values()]
    assert sum(map(len, texts)) == len(set.union(*texts))


def test_the_latest_texts_of_a_table_are_held_out_whatever_its_order():
    data = load(FRAME.sample(frac=1, random_state=0), time="date")
    assert set(data.test.texts) == set(TEXTS[-len(data.test) :])
    assert data.train.times.max() < data.validation.times.min()
    assert data.validation.times.max() < data.test.times.min()


def test_too_few_groups_or_times_are_refused():
    with pytest.raises(DataError, match="too few groups to divide"):
        load(FRAME.assign(one=1), group="one")
    with pytest.raises(DataError, match="have the same time"):
        load(FRAME.assign(one=1), time="one")
