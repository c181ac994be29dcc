"""The layer that reads the columns beside a text."""

import keras
import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.layers.column_features import ColumnFeatures

COLUMNS = np.array([[12.0, 1.0, np.nan], [np.nan, 0.0, 3.0]], "float32")


def layer():
    return ColumnFeatures([10, 0, 3], [2, 1, 1], [False, False, True], [0, 2, 0])


def test_numbers_are_scaled_and_categories_one_hot():
    found = keras.ops.convert_to_numpy(layer()(COLUMNS))
    assert found.tolist() == [[1, 0, 1, 0, 0, 1], [0, 1, 0, 0, 0, 0]]


def test_it_is_saved_with_its_numbers(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layer()(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(COLUMNS), model(COLUMNS))


def test_facts_of_unlike_numbers_of_columns_are_refused():
    with pytest.raises(SpaceError, match="for each column"):
        ColumnFeatures([1], [1, 2], [False], [0])
