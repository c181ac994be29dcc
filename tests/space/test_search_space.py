"""The space as data: ranges and choices, fixing, narrowing and extending by short names, TOML."""

import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.attention import heads
from attn_tuner.encoding import encoders
from attn_tuner.errors import SpaceError, UnknownName
from attn_tuner.hypermodel import default_space
from attn_tuner.space import Choice, Float, Int, Part, SearchSpace, assemble


@pytest.fixture
def space():
    return SearchSpace(
        rate=Float(1e-4, 1e-2, log=True),
        dropout=Float(0.0, 0.5, step=0.1),
        keep=Choice(("head", "tail")),
        encoder=Part(encoders, among=("gru", "bigru", "none"), default="bigru"),
        head=Part(heads, among=("additive", "pooling", "mean")),
    )


def by_path(space):
    return {leaf.name: leaf.dimension for leaf in space.leaves()}


numbers = st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-6)


@given(st.tuples(numbers, numbers).map(sorted), st.one_of(st.none(), st.floats(1e-3, 1e3)))
def test_the_default_of_a_range_lies_inside_it(ends, step):
    for made in (Float(*ends, step=step), Int(int(ends[0]), int(ends[1]))):
        assert made.low <= made.default <= made.high
        assert made.cast(made.default) == made.default


@given(st.tuples(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9)).map(sorted))
def test_the_default_of_a_log_range_lies_inside_it(ends):
    made = Float(*ends, log=True)
    assert made.low <= made.default <= made.high


def test_a_float_range_with_whole_ends_has_a_default_between_them():
    assert Float(0, 1).default == 0.5
    assert type(Float(0, 1).low) is float


def test_numpy_numbers_become_plain_ones():
    made = Int(np.int64(1), np.int32(9), step=np.int64(2))
    assert {type(made.low), type(made.high), type(made.step)} == {int}
    assert [type(value) for value in Choice(np.array([1, 2])).values] == [int, int]
    assert type(Float(0.0, 1.0).cast(np.float32(0.5))) is float
    assert type(Int(0, 9).cast(np.float64(4.0))) is int


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Int(5, 1), "low to high"),
        (lambda: Int(0.5, 2), "low of Int is a whole number"),
        (lambda: Int(True, 2), "low of Int"),
        (lambda: Int(1, 9, step=0), "step of a range must be above 0"),
        (lambda: Int(1, 9, step=2, log=True), "has no step"),
        (lambda: Int(0, 9, log=True), "above 0"),
        (lambda: Int(1, 9, default=10), "outside 1 to 9"),
        (lambda: Float(0.0, float("inf")), "high of Float is a finite number"),
        (lambda: Float("a", 1.0), "low of Float"),
        (lambda: Choice([]), "at least one value"),
        (lambda: Choice("abc"), "takes a list"),
        (lambda: Choice([1, 2.0]), "must all be bool, int, float or str"),
        (lambda: Choice([None]), "must all be bool, int, float or str"),
        (lambda: Choice([1, 2], default=3), "not among"),
        (lambda: SearchSpace(units=5), "fix a value use fix"),
        (lambda: SearchSpace({"a.b": Int(1, 2)}), "cannot name a dimension"),
    ],
)
def test_what_is_no_dimension_is_refused_at_once(make, message):
    with pytest.raises(SpaceError, match=message):
        make()


def test_a_choice_names_each_value_once_and_casts_to_its_type():
    assert Choice([3, 1, 3]).values == (3, 1)
    assert Choice([False, True]).cast(1) is True
    assert type(Choice([0.5, 1.0], default=1).default) is float
    with pytest.raises(SpaceError, match="another type"):
        Choice([1, 2]).cast("a")


def test_paths_name_every_dimension_parents_first(space):
    names = [leaf.name for leaf in space.leaves()]
    assert names.index("head") < names.index("head.pooling.score")
    assert names.index("head.pooling.score") < names.index("head.pooling.score.additive.units")
    leaf = space.leaf("head.pooling.score.additive.units")
    assert leaf.when == (("head", "pooling"), ("head.pooling.score", "additive"))


def test_a_default_point_holds_only_what_counts(space):
    point = space.defaults()
    assert point["encoder"] == "bigru"
    assert "encoder.bigru.units" in point
    assert "encoder.gru.units" not in point


def test_an_unknown_path_is_answered_with_the_nearest(space):
    with pytest.raises(UnknownName, match="Did you mean 'dropout'"):
        space.leaf("droput")
    with pytest.raises(UnknownName, match="No dimension is called 'unit'"):
        space.fix(unit=5)


def test_fixing_a_part_drops_what_lies_below_the_others(space):
    fixed = space.fix(head="mean", encoder="none")
    assert [name for name in by_path(fixed) if "." in name] == []
    assert fixed.defaults()["head"] == "mean"
    assert space.defaults()["head"] == "additive", "the space itself never changes"


def test_a_short_name_reaches_every_dimension_that_ends_with_it(space):
    fixed = by_path(space.fix(units=48))
    ending = {name: found for name, found in fixed.items() if name.endswith(".units")}
    assert len(ending) > 4
    assert all(found == Choice((48,)) for found in ending.values())
    assert by_path(space.fix({"gru.units": 48}))["encoder.bigru.units"] != Choice((48,))


def test_an_exact_path_goes_before_an_ending():
    space = SearchSpace(units=Int(1, 8), encoder=Part(encoders, among=("gru",)))
    fixed = by_path(space.fix(units=3))
    assert fixed["units"] == Choice((3,))
    assert fixed["encoder.gru.units"] == Int(32, 256, step=32, default=64)


def test_a_value_may_be_fixed_that_was_never_offered(space):
    assert by_path(space.fix(rate=1.0))["rate"] == Choice((1.0,))
    assert space.fix(encoder="lstm").defaults()["encoder"] == "lstm"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda space: space.fix(rate="fast"), "'rate' takes float values; got 'fast'"),
        (lambda space: space.fix(rate=None), "'rate' takes float values; got None"),
        (lambda space: space.fix(keep=3), "'keep' takes str values; got 3"),
        (lambda space: space.fix(head="aditive"), "No head is called 'aditive'"),
        (lambda space: space.narrow(head=[]), "takes a list of names"),
        (lambda space: space.narrow(head="mean"), "takes a list of names"),
        (lambda space: space.narrow(head=Int(1, 2)), "takes a list of names"),
        (lambda space: space.narrow(head=["mean", "medium"]), "No head is called 'medium'"),
        (lambda space: space.narrow(rate=["a"]), "'rate' takes float values"),
        (lambda space: space.narrow(rate=5), "takes a Choice, Int, Float or a list"),
        (lambda space: space.narrow(rate=Part(heads)), "takes a Choice, Int, Float or a list"),
        (lambda space: space.narrow(keep=Int(1, 2)), "'keep' takes str values"),
        (lambda space: space.extend(rate=Int(1, 2)), "in the space already"),
    ],
)
def test_a_change_that_does_not_fit_is_one_sentence(space, change, message):
    with pytest.raises(SpaceError, match=message):
        change(space)


def test_narrowing_keeps_the_default_where_it_is_still_on_offer(space):
    assert space.narrow(encoder=["gru", "bigru"]).defaults()["encoder"] == "bigru"
    assert space.narrow(encoder=["none", "gru"]).defaults()["encoder"] == "none"
    assert by_path(space.narrow(keep=["tail", "head"]))["keep"].default == "head"


def test_narrowing_to_another_range_replaces_it(space):
    narrowed = space.narrow({"additive.units": Int(4, 8)})
    assert by_path(narrowed)["head.additive.units"] == Int(4, 8)
    assert by_path(narrowed)["head.pooling.score.additive.units"] == Int(4, 8)


def test_a_misspelt_default_of_a_part_is_refused():
    with pytest.raises(UnknownName, match="No head is called 'means'"):
        SearchSpace(head=Part(heads, default="means")).defaults()


@given(st.data())
def test_putting_every_dimension_back_in_its_place_changes_nothing(data):
    space = default_space(500)
    leaves = [leaf for leaf in space.leaves() if not isinstance(leaf.dimension, Part)]
    chosen = data.draw(st.lists(st.sampled_from(leaves), max_size=5))
    assert space.narrow({leaf.name: leaf.dimension for leaf in chosen}) == space


@given(st.data())
def test_fixing_and_describing_survive_json_and_pickle(data):
    space = default_space(500)
    leaves = [leaf for leaf in space.leaves() if isinstance(leaf.dimension, Choice)]
    for leaf in data.draw(st.lists(st.sampled_from(leaves), max_size=4)):
        space = space.fix({leaf.name: data.draw(st.sampled_from(leaf.dimension.values))})
    assert json.loads(json.dumps(space.describe())) == space.describe()
    assert pickle.loads(pickle.dumps(space)) == space
    assert copy.deepcopy(space) == space


TABLE = """
rate = { low = 1e-3, high = 1e-2, log = true }
dropout = { low = 0, high = 1 }
encoder = ["gru", "bigru"]
keep = "tail"
additive.units = 16

[extend]
epochs = [3, 9]
warmup = { low = 0, high = 4 }
"""


def read(space, tmp_path, text):
    path = tmp_path / "space.toml"
    path.write_text(text, encoding="utf-8")
    return space.updated_from_toml(path)


def test_a_toml_file_fixes_narrows_and_extends(space, tmp_path):
    found = by_path(read(space, tmp_path, TABLE))
    assert found["rate"] == Float(1e-3, 1e-2, log=True)
    assert found["dropout"] == Float(0.0, 1.0), "whole bounds of a real dimension stay real"
    assert found["encoder"].names() == ("gru", "bigru")
    assert found["keep"] == Choice(("tail",))
    assert found["head.additive.units"] == Choice((16,))
    assert found["head.pooling.score.additive.units"] == Choice((16,))
    assert found["epochs"] == Choice((3, 9))
    assert found["warmup"] == Int(0, 4)


def test_a_quoted_path_reaches_below_a_part_that_the_file_fixes(space, tmp_path):
    found = by_path(read(space, tmp_path, 'head = "additive"\n"head.additive.units" = 8\n'))
    assert found["head.additive.units"] == Choice((8,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rate = ", "is not TOML"),
        ("rte = { low = 1, high = 2 }", "No dimension is called 'rte'. Did you mean 'rate'"),
        ("rte = [1, 2]", "No dimension is called 'rte'"),
        ("rate = { low = 1 }", "takes low, high"),
        ("rate = { high = 1.0 }", "takes low, high"),
        ("rate = { low = 1e-3, hihg = 1.0 }", "takes low, high"),
        ('rate = { low = "a", high = "b" }', "low of Float is a finite number"),
        ("rate = 2026-01-01", "'rate' takes float values"),
        ("rate = []", "at least one value"),
        ("extend = 3", "'extend' takes a table"),
        ("extend.rate = [1.0]", "in the space already"),
        ('head = ["additive", "medium"]', "No head is called 'medium'"),
    ],
)
def test_a_mistake_in_a_toml_file_is_one_sentence(space, tmp_path, text, message):
    with pytest.raises(SpaceError, match=message):
        read(space, tmp_path, text)


def test_a_space_file_that_is_missing_or_no_text_is_named(space, tmp_path):
    with pytest.raises(SpaceError, match=r"none\.toml cannot be read"):
        space.updated_from_toml(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpaceError, match="is not TOML"):
        space.updated_from_toml(tmp_path / "bytes.toml")


def test_parts_are_assembled_from_the_values_that_are_given_and_defaults_for_the_rest(space):
    values = {"head": "pooling", "head.pooling.score": "additive", "head.pooling.hops": 3}
    fixed = space.fix({"pooling.score.additive.units": 7})
    head = assemble(fixed["head"], "head", values)
    assert head.hops == 3
    assert head.score.units == 7


def test_a_value_of_another_number_type_is_given_to_a_layer_as_a_plain_one(space):
    values = {"head": "additive", "head.additive.units": np.float64(12.0)}
    units = assemble(space["head"], "head", values).units
    assert (units, type(units)) == (12, int)
