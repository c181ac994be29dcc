"""The space on KerasTuner: whole after one build, and what the caller said of it counts."""

import json

import keras_tuner
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.registry import Registry
from attn_tuner.space import Choice, Float, Int, Part, SearchSpace
from attn_tuner.space.kerastuner import declare, value_of

parts = Registry("part", package="attn_tuner.registry")
parts._discovered = True  # The parts are those of this file alone.
for name, dimensions in {
    "plain": {},
    "sized": {"units": Int(2, 8), "rate": Float(0.0, 1.0)},
    "wide": {"units": Int(20, 80)},
}.items():
    parts.register(name, **dimensions)(lambda **values: values)
parts.register("nested", inner=Part(parts, among=("plain", "sized", "wide")))(
    lambda **values: values
)


@pytest.fixture
def space():
    return SearchSpace(
        first=Int(1, 4),
        flag=Choice([False, True]),
        head=Part(parts, among=("plain", "sized", "wide", "nested"), default="sized"),
        tail=Part(parts, among=("plain", "sized"), default="plain"),
    )


@pytest.fixture
def hp():
    return keras_tuner.HyperParameters()


def names(hp):
    return {each.name for each in hp.space}


def test_every_dimension_is_declared_and_no_scope_is_left_to_open(hp, space):
    declare(hp, space)
    assert names(hp) == {leaf.name for leaf in space.leaves()}
    assert hp.inactive_scopes == []


def test_only_the_values_that_count_are_read(hp, space):
    values = declare(hp, space)
    assert values == {
        "first": 2,
        "flag": False,
        "head": "sized",
        "head.sized.units": 5,
        "head.sized.rate": 0.5,
        "tail": "plain",
    }
    assert type(values["flag"]) is bool, "KerasTuner keeps a bool as an int"


def test_declaring_again_reads_the_same_and_adds_nothing(hp, space):
    first, known = declare(hp, space), len(hp.space)
    assert declare(hp, space) == first
    assert len(hp.space) == known


def test_a_point_comes_back_from_its_json(hp, space):
    hp.values |= {"head": "nested", "head.nested.inner": "wide", "head.nested.inner.wide.units": 44}
    values = declare(hp, space)
    assert values["head.nested.inner.wide.units"] == 44
    again = keras_tuner.HyperParameters.from_config(json.loads(json.dumps(hp.get_config())))
    assert declare(again, space) == values


def test_a_point_comes_back_from_its_protocol_buffer(hp, space, capsys):
    hp.values |= {"head": "nested", "head.nested.inner": "sized"}
    values = declare(hp, space)
    again = keras_tuner.HyperParameters.from_proto(hp.to_proto())
    read = declare(again, space)
    assert read.pop("head.nested.inner.sized.rate") == pytest.approx(0.5)
    assert read == {name: value for name, value in values.items() if name in read}
    assert len(read) == len(values) - 1
    capsys.readouterr()  # KerasTuner prints while it converts.


def test_values_set_before_anything_is_declared_are_used(hp, space):
    hp.values |= {"head": "wide", "head.wide.units": 33, "first": 4}
    values = declare(hp, space)
    assert (values["head"], values["head.wide.units"], values["first"]) == ("wide", 33, 4)


def test_a_value_that_was_never_offered_is_used(hp, space):
    hp.Fixed("first", 77)
    hp.Fixed("head", "nested")
    hp.values["head.nested.inner"] = "nested"
    values = declare(hp, space)
    assert values["first"] == 77
    assert values["head.nested.inner"] == "nested"


def test_a_bare_name_fixes_every_conditional_dimension_that_ends_with_it(hp, space):
    hp.Fixed("units", 5)
    for head in ("sized", "wide", "nested"):
        hp.values["head"] = head
        hp.values["head.nested.inner"] = "wide"
        found = {name: v for name, v in declare(hp, space).items() if name.endswith(".units")}
        assert list(found.values()) == [5]
    assert {name for name in names(hp) if name.endswith("units")} == {"units"}


def test_a_bare_name_of_our_own_first_level_is_no_ending(hp, space):
    hp.Fixed("first", 3)
    space = space.extend(part=Part(parts, among=("sized",))).narrow({"head.sized.units": [9]})
    values = declare(hp, space)
    assert (values["first"], values["head.sized.units"]) == (3, 9)


def test_a_longer_ending_reaches_only_its_part(hp, space):
    hp.Fixed("wide.units", 5)
    hp.values["head"] = "wide"
    assert declare(hp, space)["head.wide.units"] == 5
    hp.values["head"] = "sized"
    assert declare(hp, space)["head.sized.units"] == 5, "the default of Int(2, 8)"
    assert "head.sized.units" in names(hp)


def test_a_range_under_the_whole_path_counts_without_its_condition(hp, space):
    hp.Choice("head.sized.units", [3, 4], default=4)
    assert declare(hp, space)["head.sized.units"] == 4


def test_a_range_with_the_same_condition_counts_as_always_in_keras_tuner(hp, space):
    hp.Choice("head", ["sized", "wide"])
    hp.Int("head.sized.units", 3, 3, parent_name="head", parent_values=["sized"])
    assert declare(hp, space)["head.sized.units"] == 3


def test_a_range_of_the_callers_own_model_is_not_taken_for_ours(hp, space):
    hp.Int("units", 100, 200)
    assert declare(hp, space)["head.sized.units"] == 5


def test_narrowing_a_part_spares_what_lies_below_the_others(hp, space):
    hp.Choice("head", ["plain", "wide"])
    declare(hp, space)
    below = {name for name in names(hp) if name.startswith("head.")}
    assert below == {"head.wide.units"}


def test_a_part_fixed_below_a_condition_closes_its_others(hp, space):
    hp.Fixed("inner", "wide")
    hp.values["head"] = "nested"
    values = declare(hp, space)
    assert values["head.nested.inner.wide.units"] == 50
    assert "head.nested.inner.sized.units" not in names(hp)


def test_a_part_narrowed_without_its_condition_still_opens_what_lies_below(hp, space):
    hp.Choice("head.nested.inner", ["sized", "wide"])
    hp.values["head"] = "nested"
    hp.values["head.nested.inner"] = "wide"
    assert declare(hp, space)["head.nested.inner.wide.units"] == 50
    hp.values["head"] = "plain"
    assert not any("nested" in name for name in declare(hp, space))


def test_values_that_an_oracle_left_out_take_their_default(hp, space):
    declare(hp, space)
    hp.values = {"head": "wide"}
    assert declare(hp, space) == {
        "first": 2,
        "flag": False,
        "head": "wide",
        "head.wide.units": 50,
        "tail": "plain",
    }


def test_a_value_of_the_wrong_type_is_named(hp, space):
    hp.Fixed("first", "many")
    with pytest.raises(SpaceError, match="'first' takes int values; got 'many'"):
        declare(hp, space)


def test_inside_a_name_scope_all_names_carry_it(hp, space):
    with hp.name_scope("text"), hp.name_scope("left"):
        values = declare(hp, space)
    assert values["head.sized.units"] == 5
    assert all(name.startswith("text/left/") for name in names(hp))
    assert len(hp.space) == len(space.leaves())


def test_two_scopes_hold_two_points(hp, space):
    with hp.name_scope("left"):
        hp.Fixed("head", "wide")
        hp.Fixed("units", 30)
        left = declare(hp, space)
    with hp.name_scope("right"):
        right = declare(hp, space)
    assert left["head.wide.units"] == 30
    assert right["head.sized.units"] == 5, "what was said of the left does not reach the right"


def test_a_name_outside_reaches_into_scopes_and_one_inside_comes_before_it(hp, space):
    hp.Fixed("units", 6)
    with hp.name_scope("left"):
        hp.Fixed("units", 7)
        assert declare(hp, space)["head.sized.units"] == 7
    with hp.name_scope("right"):
        assert declare(hp, space)["head.sized.units"] == 6


def test_a_conditional_part_named_outside_a_scope_counts_inside_it(hp, space):
    hp.Choice("head.nested.inner", ["wide", "sized"])
    hp.Fixed("head", "nested")
    with hp.name_scope("text"):
        hp.values["text/head"] = "nested"
        values = declare(hp, space)
    assert values["head.nested.inner"] == "wide"
    assert values["head.nested.inner.wide.units"] == 50


def test_inside_a_condition_of_the_callers_everything_depends_on_it(hp, space):
    hp.Choice("model", ["ours", "other"])
    with hp.conditional_scope("model", ["ours"]):
        assert declare(hp, space)["head"] == "sized"
    hp.values["model"] = "other"
    with hp.conditional_scope("model", ["ours"]):
        assert declare(hp, space) == {}
    conditions = {each.name: each.conditions for each in hp.space}
    assert len(conditions["head.sized.units"]) == 2


def test_an_empty_space_declares_nothing(hp):
    assert declare(hp, SearchSpace()) == {}
    assert names(hp) == set()


def test_a_log_range_goes_to_keras_tuner_without_a_step(hp):
    declare(hp, SearchSpace(units=Int(1, 64, log=True), rate=Float(1e-4, 1e-1, log=True)))
    assert [(each.sampling, each.step) for each in hp.space] == [("log", None)] * 2


def test_a_value_is_found_in_whatever_scope_it_was_declared(hp, space):
    with hp.name_scope("text"):
        declare(hp, space)
    assert value_of(hp, "first", 9) == 2
    assert value_of(hp, "second", 9) == 9


@pytest.mark.parametrize("seed", range(3))
def test_points_drawn_by_an_oracle_are_read_whole(hp, space, seed):
    declare(hp, space)
    oracle = keras_tuner.oracles.RandomSearchOracle(
        keras_tuner.Objective("val_accuracy", "max"),
        max_trials=9,
        hyperparameters=hp,
        seed=seed + 1,
    )
    for trial in range(9):
        drawn = oracle.populate_space(f"{trial}")["values"]
        point = keras_tuner.HyperParameters.from_config({**hp.get_config(), "values": drawn})
        values = declare(point, space)
        counting = {
            leaf.name for leaf in space.leaves() if all(values.get(p) == c for p, c in leaf.when)
        }
        assert set(values) == counting
