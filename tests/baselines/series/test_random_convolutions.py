"""The features of MiniRocket: the paper's kernels, dilations and shares, and those of aeon."""

from dataclasses import replace

import numpy as np
import pytest

from attn_tuner.baselines.series.random_convolutions import (
    RandomConvolutions,
    both_paddings,
    fit_convolutions,
    kernels,
    spread_dilations,
)


def walks(count=6, steps=40, features=1, seed=0):
    """Whole numbers, as `WholeNumbers` gives them."""
    draw = np.random.default_rng(seed).integers(-999, 999, size=(count, steps, features))
    return draw.cumsum(axis=1).astype("float32")


def test_all_84_kernels_have_three_weights_of_2_and_sum_to_0():
    found = kernels()
    assert found.shape == (9, 84)
    assert len({tuple(each) for each in found.T}) == 84
    np.testing.assert_array_equal((found == 2).sum(axis=0), 3)
    np.testing.assert_array_equal(found.sum(axis=0), 0)


def test_dilations_are_spread_exponentially_up_to_the_length_of_a_series():
    dilations, counts = spread_dilations(steps=8 * 32 + 1, features=119)
    assert dilations[0] == 1
    assert dilations[-1] == 32
    assert sum(counts) == 119
    assert spread_dilations(steps=9, features=119) == ([1], [119])


def test_the_features_are_shares_of_steps_by_hand():
    values, random = walks(), np.random.default_rng(1)
    weights, biases = kernels()[:, None, :], 1e3 * random.normal(size=(84, 2))
    groups = both_paddings(0, 2, weights, biases)
    found = RandomConvolutions(tuple(groups))(values)
    padded = np.pad(values[0, :, 0], 8)
    places = {"same": range(0, 40), "valid": range(8, 32)}
    expected = []
    for padding, first in (("same", 0), ("valid", 1)):
        for kernel in range(first, 84, 2):
            sums = [weights[:, 0, kernel] @ padded[at : at + 17 : 2] for at in places[padding]]
            expected += (np.array(sums)[:, None] > biases[kernel]).mean(axis=0).tolist()
    np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_the_biases_are_quantiles_of_a_series_and_each_kernel_reads_some_features():
    found = fit_convolutions(walks(features=12), 840, np.random.default_rng(0))
    assert found.size == 840
    read = [(each.weights != 0).any(axis=0).sum(axis=0) for each in found.groups]
    assert 1 == np.min(read) < np.max(read) <= 9
    # Quantiles of series of training: few shares are 0 or 1.
    shares = found(walks(features=12))
    assert 0.2 < shares.mean() < 0.8
    assert np.isin(shares, (0, 1)).mean() < 0.3


def test_the_order_of_a_sum_changes_no_feature():
    values = 16_384 * np.sign(walks(features=9))  # The largest that there are.
    found = fit_convolutions(values, 84, np.random.default_rng(0))
    turned = [replace(each, weights=each.weights[:, ::-1]) for each in found.groups]
    other = RandomConvolutions(tuple(turned))(np.ascontiguousarray(values[:, :, ::-1]))
    np.testing.assert_array_equal(other, found(values))


def test_convolutions_are_read_back_from_their_arrays():
    values = walks(features=3)
    found = fit_convolutions(values, 500, np.random.default_rng(0))
    again = RandomConvolutions.from_arrays(found.arrays())
    np.testing.assert_array_equal(again(values), found(values))


def test_of_one_feature_they_are_those_of_aeon():
    module = pytest.importorskip("aeon.transformations.collection.convolution_based")
    values = walks(count=20, steps=60)
    theirs = module.MiniRocket(n_kernels=1_000, random_state=0).fit(values.swapaxes(1, 2))
    _, _, dilations, counts, biases = theirs.parameters
    expected = theirs.transform(values.swapaxes(1, 2))
    assert spread_dilations(60, 1_000 // 84) == (dilations.tolist(), counts.tolist())
    groups, order, start = [], [], 0
    for index, (dilation, count) in enumerate(zip(dilations, counts, strict=True)):
        own = biases[start : start + 84 * count].reshape(84, count)
        groups += both_paddings(index, int(dilation), kernels()[:, None, :], own)
        columns = start + np.arange(84 * count).reshape(84, count)
        order += [columns[index % 2 :: 2].ravel(), columns[1 - index % 2 :: 2].ravel()]
        start += 84 * count
    found = RandomConvolutions(tuple(groups))(values)
    np.testing.assert_allclose(found, expected[:, np.concatenate(order)], atol=1e-6)
