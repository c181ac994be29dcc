"""Quantiles that never cross, by hand."""

import keras
import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.layers.sorted_quantiles import MovedQuantiles, SortedQuantiles


def test_the_outer_quantiles_lie_a_positive_step_from_the_median():
    free = np.array([[0.5, 10.0, 2.0, -1.0, -7.0, 0.0]], "float32")
    found = keras.ops.convert_to_numpy(SortedQuantiles()(free))
    below = 10.0 - 1.5, -7.0 - np.exp(-1.0)  # elu(0.5) + 1, and elu(-1) + 1.
    np.testing.assert_allclose(found, [[below[0], 10, 13, below[1], -7, -6]], rtol=1e-6)


def test_no_quantile_crosses_another_whatever_it_is_given():
    free = np.random.default_rng(0).normal(size=(200, 12)).astype("float32") * 3
    found = keras.ops.convert_to_numpy(SortedQuantiles()(free)).reshape(200, 4, 3)
    assert (np.diff(found, axis=-1) > 0).all()


def test_columns_that_are_no_whole_steps_are_refused():
    with pytest.raises(SpaceError, match="4 columns are no multiple of the 3 quantiles"):
        SortedQuantiles()(np.zeros((2, 4), "float32"))


def test_moved_quantiles_stop_at_the_one_that_they_would_cross():
    given = np.array([[1.0, 2.0, 3.0, 1.0, 2.0, 3.0]], "float32")
    found = MovedQuantiles([0.5, 0.0, -0.5, 5.0, 1.0, -9.0])(given)
    np.testing.assert_allclose(found, [[1.5, 2.0, 2.5, 3.0, 3.0, 3.0]])
    with pytest.raises(SpaceError, match="3 offsets for 6 columns"):
        MovedQuantiles([0.0] * 3)(given)
