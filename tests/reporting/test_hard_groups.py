"""Groups of texts that are answered worse: found where there are any, and not by chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from attn_tuner.reporting.hard_groups import described_groups, find_hard_groups


def test_a_group_with_more_errors_is_named_with_its_texts():
    right = np.ones(400, bool)
    right[:30] = False
    right[200:210] = False
    hard = np.zeros(400, bool)
    hard[:50] = True
    easy = np.zeros(400, bool)
    easy[100:300] = True
    found = find_hard_groups(right, {"hard": hard, "easy": easy, "tiny": np.arange(400) < 3})
    assert [each.name for each in found.groups] == ["hard"]
    group = found.groups[0]
    assert (group.texts, group.right, group.wrong) == (50, 0.4, tuple(range(30)))
    assert group.low < 0.4 < group.high
    assert found.tried == 2  # Three texts are no group.
    table = [[30, 20], [10, 340]]
    assert group.p == pytest.approx(2 * fisher_exact(table, alternative="greater").pvalue)
    assert found.sentence.startswith("2 groups of the 400 validation texts were looked at. The")


def test_of_groups_of_the_same_texts_one_is_named():
    right = np.arange(300) >= 40
    one, other = np.arange(300) < 50, np.arange(300) < 52
    assert len(find_hard_groups(right, {"one": one, "other": other}).groups) == 1


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_every_group_named_is_worse_than_the_rest(seed):
    random = np.random.default_rng(seed)
    right = random.random(200) < 0.8
    groups = {str(number): random.random(200) < 0.3 for number in range(10)}
    found = find_hard_groups(right, groups)
    assert all(each.right < found.right and each.p <= 0.05 for each in found.groups)


def test_where_errors_fall_by_chance_a_group_is_seldom_named():
    random = np.random.default_rng(0)
    named = 0
    for _ in range(300):
        right = random.random(200) < 0.8
        groups = {str(number): random.random(200) < 0.3 for number in range(20)}
        named += bool(find_hard_groups(right, groups).groups)
    assert named <= 24  # 5 % of 300, and two standard deviations.


def test_texts_are_grouped_by_length_words_class_and_answer():
    ids = np.array([2, 3] * 30 + [2, 4, 1] * 30)
    offsets = np.concatenate([np.arange(0, 60, 2), np.arange(60, 151, 3)])
    labels = np.array([0, 1] * 30)
    groups = described_groups(labels, 1 - labels, ("no", "yes"), ids, offsets, ["", "", *"abc"])
    assert groups["texts of at most 2 tokens"].tolist() == [True] * 30 + [False] * 30
    assert groups["texts with an unknown word"].sum() == 30
    assert groups["texts with 10% unknown words or more"].sum() == 30
    assert groups["texts of class no"].tolist() == (labels == 0).tolist()
    assert groups["texts answered no"].tolist() == (labels == 1).tolist()
    assert groups["texts with the token 'b'"].tolist() == [True] * 30 + [False] * 30
    assert "texts with the token 'a'" not in groups  # Every text has it.


def test_no_texts_make_no_group():
    nothing = np.zeros(0, "int64")
    groups = described_groups(nothing, nothing, ("no", "yes"), nothing, np.zeros(1, int), ["", ""])
    found = find_hard_groups(np.ones(1, bool), {})
    assert not any(each.any() for each in groups.values())
    assert found.sentence.endswith("none is answered worse than chance explains.")
