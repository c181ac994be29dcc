"""Models that learn from growing parts of the texts."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.baselines.ngram_rows import NgramRows
from attn_tuner.labelling import growing_training
from attn_tuner.labelling.growing_training import SHARES, growing_answers, nested_order
from attn_tuner.text import Split, TokenStore, Vectorizer
from tests.support.labelled import labelled


def stored(count, groups=None):
    texts, labels, _ = labelled(count, flipped=0)
    split = Split(texts, np.array([label == "kitchen" for label in labels], int), groups=groups)
    return TokenStore.encode(split, Vectorizer.build(texts))


@pytest.fixture
def learnt(monkeypatch):
    """The places of the texts that each model learnt from, in their order."""
    seen, original = [], NgramRows.of_counts

    def recorded(counted, part):
        seen.append(part.tolist())
        return original(counted, part)

    monkeypatch.setattr(growing_training.NgramRows, "of_counts", recorded)
    return seen


def test_no_model_classifies_a_text_that_it_has_learnt_from(learnt):
    answers = growing_answers(stored(120), 2)
    models = learnt[1:]  # The first chooses the penalty.
    assert len(models) == 5 * len(SHARES)
    for fold in range(5):
        held = set(answers.places[answers.folds == fold].tolist())
        own = models[fold * len(SHARES) : (fold + 1) * len(SHARES)]
        assert all(not held & set(each) for each in own)
        assert len(own[-1]) + len(held) == 120
    assert sorted(answers.places.tolist()) == list(range(120))


def test_a_smaller_part_is_within_every_larger_one(learnt):
    answers = growing_answers(stored(120), 2)
    models = learnt[1 : 1 + len(SHARES)]
    for smaller, larger in pairwise(models):
        assert set(smaller) < set(larger)
    assert answers.sizes.tolist() == [10, 19, 34, 48, 67, 96]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 5))
def test_every_beginning_has_each_class_in_its_proportion(labels, seed):
    labels = np.array(labels)
    order = nested_order(labels, seed)
    assert sorted(order.tolist()) == list(range(len(labels)))
    for end in range(1, len(labels) + 1):
        share = end / len(labels)
        for label in np.unique(labels):
            count = (labels[order[:end]] == label).sum()
            assert abs(count - share * (labels == label).sum()) <= 3


def test_no_group_is_learnt_from_and_classified(learnt):
    groups = np.array([f"author {row // 4}" for row in range(120)])
    answers = growing_answers(stored(120, groups), 2)
    for fold in range(5):
        held = set(groups[answers.places[answers.folds == fold]])
        assert not held & set(groups[learnt[(fold + 1) * len(SHARES)]])


def test_texts_that_cannot_be_divided_give_nothing():
    assert growing_answers(stored(4), 2) is None


def test_with_many_texts_not_all_folds_are_held_out(monkeypatch):
    monkeypatch.setattr(growing_training, "ENOUGH_TESTED", 20)
    answers = growing_answers(stored(120), 2)
    assert np.unique(answers.folds).tolist() == [0, 1, 2]
    assert answers.correct.shape == (len(SHARES), 72)
