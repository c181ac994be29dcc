"""The folds that choose the penalty of the linear model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from attn_tuner.baselines import baselines, linear_model
from attn_tuner.baselines.folds import cross_validation_folds
from attn_tuner.text import load
from attn_tuner.text.token_store import TokenStore, encode_parts
from attn_tuner.text.vectorizer import Vectorizer

CODES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=80)


@pytest.mark.filterwarnings("error")
@given(CODES, st.integers(0, 10))
def test_no_group_is_on_both_sides_of_a_fold(rows, seed):
    labels, groups = np.array(rows).T
    folds = cross_validation_folds(labels, seed, groups)
    assert len(folds) in (0, 3)
    for learnt, held in folds:
        assert not set(groups[learnt]) & set(groups[held])
    if folds:
        assert sorted(np.concatenate([held for _, held in folds])) == list(range(len(rows)))


@given(CODES)
def test_a_fold_is_scored_on_later_texts_than_it_learns_from(rows):
    labels, times = np.array(rows).T
    folds = cross_validation_folds(labels, 0, times=times.astype("float64"))
    for learnt, held in folds:
        assert times[learnt].max() < times[held].min()
    held = [row for _, each in folds for row in each]
    assert len(held) == len(set(held))


def test_with_times_the_training_texts_of_folds_grow_by_a_quarter():
    times = np.random.default_rng(0).permutation(40).astype("float64")
    folds = cross_validation_folds(np.arange(40) % 2, 0, times=times)
    assert [(len(learnt), len(held)) for learnt, held in folds] == [(10, 10), (20, 10), (30, 10)]


@pytest.mark.parametrize("labels", [np.zeros((9, 2), "uint8"), np.linspace(0, 1, 9, dtype="f4")])
def test_groups_are_heeded_for_labels_and_numbers_too(labels):
    groups = np.arange(9) // 3
    for learnt, held in cross_validation_folds(labels, 0, groups):
        assert not set(groups[learnt]) & set(groups[held])


def test_too_few_groups_or_times_choose_nothing():
    labels = np.arange(20) % 2
    assert cross_validation_folds(labels, 0, groups=np.arange(20) % 2) == []
    assert cross_validation_folds(labels, 0, times=np.ones(20)) == []
    assert len(cross_validation_folds(labels, 0)) == 3


def test_one_rare_class_does_not_keep_the_others_from_choosing():
    labels = np.append(np.arange(60) % 5, 5)
    assert len(cross_validation_folds(labels, 0)) == 3


@pytest.mark.parametrize("grouped", [True, False])
def test_every_fit_that_chooses_a_penalty_sees_whole_groups(grouped, monkeypatch):
    group = np.random.default_rng(0).permutation(np.repeat(np.arange(30), 8))
    rows = sparse.csr_matrix(np.eye(30)[group])  # A column for each group.
    fit, whole = linear_model.fit_regression, []

    def fitted(part, *arguments, **further):
        whole.append(set(np.unique(part.sum(axis=0))) <= {0.0, 8.0})
        return fit(part, *arguments, **further)

    monkeypatch.setattr(linear_model, "fit_regression", fitted)
    linear_model.fit_linear_model(rows, group % 2, 2, groups=group if grouped else None)
    assert len(whole) > 3
    assert all(whole[:-1]) == grouped


def test_the_linear_baseline_of_a_table_heeds_its_groups_and_times(tmp_path, monkeypatch):
    texts = [f"text number {number} of them" for number in range(60)]
    frame = {
        "text": texts,
        "label": ["x", "y"] * 30,
        "patient": [f"p{number // 3}" for number in range(60)],
        "date": list(range(60)),
    }
    seen = {}

    def fit(rows, labels, classes, seed, seconds, weights, groups, times, **further):
        seen.update(groups=groups, times=times)
        return linear_model.fit_linear_model(rows, labels, classes)

    monkeypatch.setattr(baselines, "fit_linear_model", fit)
    for column, option, kept in (("patient", "group", "groups"), ("date", "time", "times")):
        data = load(frame, text="text", label="label", **{option: column})
        encode_parts(data, Vectorizer.build(data.train.texts), tmp_path / option)
        training = TokenStore.open(tmp_path / option / "train", check=True)
        validation = TokenStore.open(tmp_path / option / "validation", check=True)
        baselines.linear_baseline(training, {"validation": validation}, 2)
        own = getattr(data.train, kept)
        same = own[:, None] == own[None]
        found = seen.pop(kept)
        np.testing.assert_array_equal(found[:, None] == found[None], same)
        assert list(seen.values()) == [None]
