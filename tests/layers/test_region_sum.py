"""The word vectors of the tokens around each one, added up."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import SpaceError
from attn_tuner.layers.region_sum import RegionSum

SIZES = st.sampled_from([1, 3, 5, 7])


def summed(vectors, mask, region_size):
    return keras.ops.convert_to_numpy(RegionSum(region_size)([vectors, mask]))


def test_the_sum_of_a_region_is_cut_off_at_zero_as_the_equation_says():
    vectors = np.array([[[1.0, -1.0], [2.0, 5.0], [4.0, -9.0], [8.0, 7.0]]], "float32")
    mask = np.array([[True, True, True, False]])
    expected = [[[3.0, 4.0], [7.0, 0.0], [6.0, 0.0], [0.0, 0.0]]]
    np.testing.assert_allclose(summed(vectors, mask, 3), expected)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 12), st.integers(0, 6), SIZES, st.integers(0, 99))
def test_padding_adds_nothing_and_changes_nothing(steps, padding, region_size, seed):
    vectors = np.random.default_rng(seed).normal(size=(2, steps + padding, 3)).astype("float32")
    mask = np.arange(steps + padding)[None] < np.array([[steps], [steps]])
    found = summed(vectors, mask, region_size)
    alone = summed(vectors[:, :steps], mask[:, :steps], region_size)
    np.testing.assert_allclose(found[:, :steps], alone, atol=1e-5)
    assert not found[:, steps:].any()


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 12), SIZES, st.integers(0, 99))
def test_each_step_has_the_sum_of_the_steps_around_it(steps, region_size, seed):
    vectors = np.random.default_rng(seed).normal(size=(1, steps, 3)).astype("float32")
    found = summed(vectors, np.ones((1, steps), bool), region_size)
    side = region_size // 2
    for step in range(steps):
        around = vectors[0, max(step - side, 0) : step + side + 1].sum(axis=0)
        np.testing.assert_allclose(found[0, step], np.maximum(around, 0), atol=1e-5)


@pytest.mark.parametrize("region_size", [0, 2, -1, 2.5, "five"])
def test_a_region_without_a_middle_is_refused(region_size):
    with pytest.raises(SpaceError):
        RegionSum(region_size)
