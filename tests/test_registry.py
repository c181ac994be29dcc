"""A name leads to a part; what is wrong with a part is said when it is registered."""

import copy
import importlib.metadata
import pickle
import sys

import pytest

from attn_tuner.attention import heads
from attn_tuner.errors import SpaceError, UnknownName
from attn_tuner.registry import (
    PACKAGES,
    Registry,
    Variant,
    describe_parts,
    registry_of,
    unknown,
)
from attn_tuner.space import Choice, Int


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """An empty registry over an empty package on disk, to which a test may add modules."""
    package = tmp_path / "some_parts"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from attn_tuner.registry import Registry\nparts = Registry('part', 'some_parts')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("some_parts").parts
    for name in [name for name in sys.modules if name.startswith("some_parts")]:
        del sys.modules[name]


def write(parts, module, body):
    path = next(iter(sys.modules["some_parts"].__path__))
    with open(f"{path}/{module}.py", "w") as file:
        file.write("from some_parts import parts\n\n" + body)


def test_a_registered_part_is_made_by_its_name(parts):
    @parts.register("doubled", units=Int(1, 8))
    def doubled(units=4):
        return 2 * units

    assert parts["doubled"](units=3) == 6
    assert parts["doubled"].space == {"units": Int(1, 8)}


def test_a_new_file_in_the_package_is_a_new_part(parts):
    write(parts, "second", "@parts.register('second')\ndef second():\n    return 2\n")
    write(parts, "first", "@parts.register('first')\ndef first():\n    return 1\n")
    assert list(parts) == ["first", "second"]
    assert len(parts) == 2
    assert "first" in parts


def test_a_module_that_breaks_is_reported_each_time_and_not_passed_over(parts):
    write(parts, "broken", "raise ValueError('not ready')\n")
    for _ in range(2):
        with pytest.raises(ValueError, match="not ready"):
            list(parts)


def test_a_module_may_read_the_registry_while_it_is_being_discovered(parts):
    write(parts, "curious", "seen = list(parts)\n@parts.register('one')\ndef one(): ...\n")
    assert list(parts) == ["one"]


def test_an_installed_package_adds_its_parts(parts, monkeypatch):
    entry = Entry("added", lambda: parts.register("added")(lambda: 7))
    monkeypatch.setattr(importlib.metadata, "entry_points", entries(entry))
    assert parts["added"]() == 7


def test_a_broken_package_is_named_and_the_others_stay(parts, monkeypatch):
    def fail():
        raise ImportError("no module named 'gone'")

    good = Entry("good", lambda: parts.register("good")(lambda: 1))
    monkeypatch.setattr(importlib.metadata, "entry_points", entries(Entry("bad", fail), good))
    with pytest.warns(UserWarning, match=r"'bad' \(there:bad\).*gone"):
        assert list(parts) == ["good"]


class Entry:
    """An entry point, as far as a registry looks at one."""

    def __init__(self, name, load):
        self.name, self.value, self.load = name, f"there:{name}", load


def entries(*found):
    return lambda group: found if group == "attn_tuner.parts" else ()


def test_a_near_miss_is_answered_with_the_name_that_was_meant():
    with pytest.raises(UnknownName, match=r"No head is called 'aditive'\. Did you mean 'additive'"):
        heads["aditive"]


def test_a_beginning_is_answered_with_the_shortest_name_that_begins_so():
    names = ["auc", "accuracy_top", "accuracy"]
    assert "Did you mean 'accuracy'" in unknown("objective", "acc", names)
    assert "Did you mean" not in unknown("objective", "", names)


def test_a_name_of_another_type_is_unknown_and_no_crash(parts):
    with pytest.raises(UnknownName, match="No part is called"):
        parts[["a", "list"]]


def test_two_parts_of_one_name_are_refused(parts):
    parts.register("twin")(Choice)
    with pytest.raises(SpaceError, match="Two parts are called 'twin'"):
        parts.register("twin")(Int)


def test_a_cell_run_twice_replaces_its_part(parts):
    for answer in (1, 2):

        @parts.register("again")
        def again(answer=answer):
            return answer

    assert parts["again"]() == 2


def test_an_offer_that_the_part_does_not_take_is_refused(parts):
    def fixed(units=1):
        return units

    with pytest.raises(SpaceError, match=r"offers \['unit'\].*accepts only \['units'\]"):
        parts.register("fixed", unit=Int(1, 2))(fixed)


def test_a_class_offers_what_its_bases_take_when_it_hands_keywords_on(parts):
    class Base:
        def __init__(self, units=1, layers=1):
            self.size = units * layers

    @parts.register("derived", layers=Int(1, 2))
    class Derived(Base):
        def __init__(self, scale=2, **kwargs):
            super().__init__(**kwargs)

    assert parts["derived"](layers=2).size == 2
    with pytest.raises(SpaceError, match="width"):
        parts.register("other", width=Int(1, 2))(Derived)


@pytest.mark.parametrize("name", ["", "a.b", "a/b"])
def test_a_name_that_could_not_stand_in_a_path_is_refused(parts, name):
    with pytest.raises(SpaceError, match="cannot name a part"):
        parts.register(name)


def test_a_registry_is_never_copied_and_pickles_as_a_name():
    assert copy.deepcopy(heads) is heads
    assert pickle.loads(pickle.dumps(heads)) is heads
    assert len(pickle.dumps(heads)) < 200


def test_registries_are_equal_only_to_themselves(parts):
    assert parts == parts
    assert parts != Registry("part", "some_parts")
    assert len({parts, heads}) == 2


def test_the_docstring_gives_summary_equation_and_sections(parts):
    @parts.register("told")
    def told():
        """Says what it is.

            y = a x
            a = 2

        Cost: O(1).

        Reference:
            Somebody 2020, eq. 1.
            https://example.org
        """

    part = parts["told"]
    assert part.summary == "Says what it is."
    assert part.equation == "y = a x ; a = 2"
    assert part.section("Cost") == "O(1)."
    assert part.section("Reference") == "Somebody 2020, eq. 1. https://example.org"
    assert part.section("Args") == ""


def test_a_part_without_a_docstring_has_an_empty_summary(parts):
    parts.register("silent")(lambda: None)
    assert (parts["silent"].summary, parts["silent"].equation) == ("", "")
    assert repr(parts) == "Registry('part', silent)"


@pytest.mark.parametrize("kinds", PACKAGES)
def test_the_source_describes_every_part_as_its_registry_does(kinds):
    described, registered = describe_parts(kinds), registry_of(kinds).values()
    for source, part in zip(described, registered, strict=True):
        assert (source.name, source.documentation) == (part.name, part.documentation)
        assert source.space == tuple(part.space)
        assert source.summary


def test_where_another_package_adds_parts_the_registry_lists_them(monkeypatch):
    added = importlib.metadata.EntryPoint("a", "b:c", "attn_tuner.pruners")
    found = importlib.metadata.EntryPoints([added])
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda group=None: () if group else found
    )
    assert describe_parts("pruners") == list(registry_of("pruners").values())
    assert all(isinstance(each, Variant) for each in describe_parts("pruners"))


def test_a_space_that_the_source_does_not_spell_out_is_asked_of_the_registry(monkeypatch, tmp_path):
    module = "@pruners.register('odd', **spaces()['odd'])\ndef odd(): ...\n"
    (tmp_path / "odd.py").write_text(module, encoding="utf-8")
    monkeypatch.setattr("attn_tuner.registry.Path", lambda file: tmp_path / "registry.py")
    monkeypatch.setitem(PACKAGES, "pruners", "attn_tuner")
    monkeypatch.setattr("attn_tuner.registry.registry_of", lambda kinds: {"odd": "the real one"})
    assert describe_parts("pruners") == ["the real one"]


def test_the_group_of_entry_points_is_what_list_calls_the_kind():
    for plural in PACKAGES:
        assert registry_of(plural).plural == plural
