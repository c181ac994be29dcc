"""What is learnt of the columns beside texts, and how they are encoded."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.layers.column_features import ColumnFeatures
from attn_tuner.text.columns.cells import name_of, number_of, plain_cell
from attn_tuner.text.columns.encoder import (
    LARGEST,
    MAX_VALUES,
    CategoricalColumn,
    ColumnEncoder,
    NumericColumn,
)

CELLS = st.none() | st.floats() | st.integers() | st.booleans() | st.text(max_size=6)


def fitted(cells, name="x"):
    """The column that is learnt of these training values."""
    rows = [{name: each} for each in cells]
    return ColumnEncoder.fit(rows, [name], "t.csv").columns[0]


def test_numbers_are_a_numeric_column_and_anything_else_categories():
    assert fitted([1, 2.5, "3", None]) == NumericColumn(
        "x", 6.5 / 3, pytest.approx(0.8498, 1e-3), True
    )
    assert fitted(["a", "a", "a", "3", "3", "3"]) == CategoricalColumn("x", ("3", "a"))
    assert fitted([True, False] * 3) == CategoricalColumn("x", ("False", "True"))


def test_a_number_is_scaled_and_a_missing_one_is_the_mean_and_told():
    column = NumericColumn("x", 10.0, 2.0, missing=True)
    numbers = column.read([14, None, "", "8", 1e9], "t.csv")
    wanted = [[2, 0], [0, 1], [0, 1], [-1, 0], [LARGEST, 0]]
    np.testing.assert_allclose(column.features(numbers), wanted)


def test_rare_unknown_and_other_values_share_a_feature():
    column = fitted(["a"] * 4 + ["b"] * 3 + ["c"] * 2)
    assert column.values == ("a", "b")
    found = column.features(column.read(["a", "b", "c", "nowhere"], "t.csv"))
    assert found.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [1, 0, 0]]


def test_a_missing_category_is_a_value_of_its_own_where_it_is_frequent():
    column = fitted(["a"] * 4 + [None, "", math.nan])
    assert column.values == ("a", "")
    assert column.read([None, " "], "t.csv").tolist() == [2, 2]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ([3, 3, 3.0], "'x' of t.csv holds 3 in every training text"),
        ([None, None], "holds nothing in every training text"),
        (["a"] * 5, "holds 'a' in every training text"),
        ([1, math.inf], "holds inf in row 2"),
        ([1, 1e300], r"holds 1e\+300 in row 2"),
        ([f"name {n}" for n in range(9)], "9 different values, and none of them in 3 training"),
        ([f"v{n}" for n in range(MAX_VALUES + 1)] * 3, "51 different values in 3 or more"),
    ],
)
def test_a_column_that_says_nothing_or_too_much_is_refused(cells, sentence):
    with pytest.raises(DataError, match=sentence):
        fitted(cells)


def test_a_string_among_numbers_is_refused_with_its_row():
    encoder = ColumnEncoder((NumericColumn("price", 1.0, 1.0),))
    with pytest.raises(DataError, match=r"'price' of new.csv holds 'cheap' in row 2.*missing"):
        encoder.read([{"price": 1}, {"price": "cheap"}], "new.csv")


def test_names_of_columns_become_arguments_of_python():
    names = ["unit price", "unit_price", "2nd", "class", "text", "größe", "Unit_price", "Text"]
    names += ["self", "_age", "__", "é", "价格", "", " "]
    encoder = ColumnEncoder(tuple(CategoricalColumn(each, ("a",)) for each in names))
    found = encoder.arguments()
    assert list(found) == names
    assert len({"text", *(each.lower() for each in found.values())}) == len(names) + 1
    assert not any(each.startswith("_") or each == "self" for each in found.values())
    assert all(each.isidentifier() and each.isascii() for each in found.values())
    assert found["unit price"] == "unit_price"


def test_cells_of_any_kind_have_a_name():
    assert [name_of(each) for each in (b" a ", 7.0, True, None, b" ")] == ["a", "7", "True", "", ""]
    assert name_of(np.array([1, 2])) == "[1 2]"
    assert plain_cell(np.float32(2.5)) == 2.5
    assert number_of("1_000") is None
    assert number_of(10**400) == math.inf


def test_the_sentence_says_which_column_is_what():
    encoder = ColumnEncoder((NumericColumn("p", 2, 1, True), CategoricalColumn("c", ("a", "b"))))
    said = "'p' is a number (mean 2, some missing); 'c' has 2 values: 'a', 'b'."
    assert encoder.sentence == f"Columns beside the text: {said}"


@settings(deadline=None, max_examples=60)
@given(cells=st.lists(CELLS, min_size=3, max_size=12), new=st.lists(CELLS, max_size=6))
def test_any_column_is_refused_in_a_sentence_or_encoded_as_the_layer_does(cells, new):
    try:
        encoder = ColumnEncoder((fitted(cells * 3),))
        numbers = encoder.read([{"x": each} for each in new])
    except DataError:
        return
    assert encoder == ColumnEncoder.from_config(encoder.get_config())
    assert encoder.plain([{"x": each} for each in new]) is not None
    found = encoder.features(numbers) if new else np.zeros((0, encoder.width))
    assert found.shape == (len(new), encoder.width)
    assert np.isfinite(found).all()
    assert np.abs(found).max(initial=0) <= LARGEST
    layer = ColumnFeatures.of(encoder)
    if new:
        same = keras.ops.convert_to_numpy(layer(numbers))
        np.testing.assert_allclose(same, found, atol=1e-4)
        assert layer.compute_output_spec(keras.KerasTensor((None, 1))).shape == (
            None,
            found.shape[1],
        )


@given(cell=CELLS)
def test_a_cell_as_json_has_it_means_the_same(cell):
    plain = plain_cell(cell)
    assert plain is None or isinstance(plain, str | float | int | bool)
    assert name_of(plain) == name_of(cell)
    one, other = number_of(plain), number_of(cell)
    assert one == other or (one != one and other != other)
