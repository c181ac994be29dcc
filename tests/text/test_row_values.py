"""Weights, groups and times of rows."""

import datetime

import numpy as np
import pandas as pd
import pytest

from attn_tuner.errors import DataError
from attn_tuner.text import TokenStore, Vectorizer, balanced_weights, load
from attn_tuner.text.row_values import parse_groups, parse_times, parse_weights

TEXTS = [f"text number {number}" for number in range(60)]
FRAME = pd.DataFrame({"text": TEXTS, "label": ["x", "y", "z"] * 20})


@pytest.mark.parametrize(
    "values",
    [
        [3, 1, 2],
        ["2019", "2017", "2018"],
        ["2024-03-01", "2024-01-01", "2024-02-01"],
        ["2024-03-01T10:00", "2024-01-01", "2024-02-01 09:30:01"],
        [b"2024-03-01", b"2024-01-01", b"2024-02-01"],
        [datetime.date(2024, 3, 1), datetime.date(2024, 1, 1), datetime.date(2024, 2, 1)],
        pd.to_datetime(["2024-03-01", "2024-01-01", "2024-02-01"]).tolist(),
        ["1 March 2024", "1 Jan 2024", "1 Feb 2024"],
    ],
)
def test_times_in_any_usual_form_are_put_in_order(values):
    assert np.argsort(parse_times(values, "it")).tolist() == [1, 2, 0]


def test_groups_are_the_same_whatever_type_their_names_have():
    assert parse_groups([7, 7.0, "7 ", b"7", np.int64(7)], "it").tolist() == ["7"] * 5


@pytest.mark.parametrize(
    ("parse", "values", "said"),
    [
        (parse_weights, [1, -1], "Weight 2 of it is -1"),
        (parse_weights, [1, "heavy"], "Weight 2 of it is 'heavy'"),
        (parse_weights, [1, float("inf")], "Weights should be numbers from 0 up"),
        (parse_weights, [0, 0.0], "All weights of it are 0"),
        (parse_weights, [1, ""], "1 of 2 rows of it have no weight; the first is row 2"),
        (parse_groups, ["a", None], "have no group"),
        (parse_times, ["2024-01-01", "yesterday"], "cannot be put in order, such as"),
        (parse_times, [1, float("nan")], "have no time"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(parse, values, said):
    with pytest.raises(DataError, match=said):
        parse(values, "it")


def test_weights_reach_the_token_store_with_a_mean_of_one(tmp_path):
    data = load(FRAME.assign(n=[1, 2, 6] * 20), weight="n")
    by_text = dict(zip(data.train.texts, data.train.weights.tolist(), strict=True))
    assert np.mean(list(by_text.values())) == pytest.approx(1)
    ratios = [by_text[text] / data.train.weights.min() for text in data.train.texts]
    assert ratios == pytest.approx([(1, 2, 6)[TEXTS.index(text) % 3] for text in data.train.texts])
    store = TokenStore.encode(data.train, Vectorizer.build(data.train.texts))
    store.save(tmp_path / "store")
    again = TokenStore.open(tmp_path / "store", check=True)
    np.testing.assert_array_equal(again.weights, data.train.weights)
    both = TokenStore.concatenate([store, TokenStore.encode(data.test, Vectorizer.build(TEXTS))])
    assert both.weights.shape == (len(data.train) + len(data.test),)


def test_weights_are_part_of_what_tells_data_apart():
    light, heavy = FRAME.assign(n=1), FRAME.assign(n=[1, 2, 6] * 20)
    assert load(light, weight="n").fingerprint != load(heavy, weight="n").fingerprint
    assert load(light).fingerprint == load(heavy).fingerprint


def test_weights_may_come_as_a_third_sequence():
    labels = list(FRAME["label"])
    data = load((TEXTS, labels, [1, 2, 6] * 20))
    assert data.fingerprint == load(FRAME.assign(n=[1, 2, 6] * 20), weight="n").fingerprint


def test_balanced_weights_keep_the_ratios_within_a_class():
    found = balanced_weights([0, 0, 0, 1], 2, [1, 1, 2, 4])
    np.testing.assert_allclose(found, [1, 1, 2, 4])
    assert balanced_weights([0, 0, 1], 2).tolist() == [0.75, 0.75, 1.5]
