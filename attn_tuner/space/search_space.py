"""The search space as immutable data, independent of Keras and of any tuner.

A space is a tree. Leaves are `Choice`, `Int` and `Float`; a `Part` is the choice of one member of
a registry, whose own dimensions are active only while that member is chosen. A dimension is named
by its path: `learning_rate`, `head`, `head.additive.units`, `head.pooling.score.additive.units`.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attn_tuner.errors import SpaceError, UnknownName
from attn_tuner.registry import unknown
from attn_tuner.space.dimensions import (
    Choice,
    Dimension,
    Float,
    Int,
    Part,
    check_sign,
    default_of,
    read_dimension,
)
from attn_tuner.space.renamed import RENAMED
from attn_tuner.space.summary import summarize_space

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Choice", "Float", "Int", "Leaf", "Part", "SearchSpace", "assemble", "default_of"]

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Leaf:
    """A dimension with its path and the choices under which it is active.

    Args:
        name: the path, `"head.additive.units"`.
        dimension: Choice, Int, Float or Part.
        when: pairs (path of a Part, the member chosen), outermost first.
    """

    name: str
    dimension: Dimension
    when: tuple[tuple[str, str], ...] = ()

    def cast(self, value: Any) -> Any:
        """Converts a value to the Python type of the dimension; it need not be one it offers."""
        try:
            found = self.dimension.cast(value)
        except (SpaceError, TypeError, ValueError, OverflowError):
            kind = type(default_of(self.dimension)).__name__
            raise SpaceError(f"'{self.name}' takes {kind} values; got {value!r}.") from None
        check_sign(self.name, self.dimension, found)
        return found


class SearchSpace(Mapping):
    """An immutable mapping of names to the dimensions that a search varies.

        space = SearchSpace(learning_rate=Float(1e-4, 1e-2, log=True), head=Part(heads))
        space = space.fix(head="additive").narrow({"head.additive.units": Int(32, 64)})

    A name may be shortened from the left (`additive.units`, `units`): every dimension whose path
    ends with it is changed.

    Args:
        dimensions, named: dict of name to `Choice`, `Int`, `Float` or `Part`.

    Raises:
        SpaceError: a name holds a dot or slash, or a value is not a dimension.
    """

    def __init__(self, dimensions: Mapping[str, Dimension] = _NONE, /, **named: Dimension):
        self._dimensions = MappingProxyType({**dict(dimensions), **named})
        for name, dimension in self._dimensions.items():
            if not name or "." in name or "/" in name:
                raise SpaceError(f"'{name}' cannot name a dimension; leave out dots and slashes.")
            if not isinstance(dimension, Dimension):
                raise SpaceError(
                    f"Dimension '{name}' is {dimension!r}. It should be a Choice, Int, Float or "
                    "Part; to fix a value use fix()."
                )

    def __getitem__(self, name: str) -> Dimension:
        return self._dimensions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._dimensions)

    def __len__(self) -> int:
        return len(self._dimensions)

    def __repr__(self) -> str:
        return f"SearchSpace({', '.join(leaf.name for leaf in self.leaves())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SearchSpace) and self.describe() == other.describe()

    __hash__ = None

    def __reduce__(self) -> tuple:
        return SearchSpace, (dict(self._dimensions),)

    def leaves(self) -> tuple[Leaf, ...]:
        """Returns every dimension with its path, parents before their children."""
        return tuple(_walk(self._dimensions, "", ()))

    def leaf(self, name: str) -> Leaf:
        """Returns the dimension at exactly this path.

        Raises:
            UnknownName: there is none.
        """
        found = {leaf.name: leaf for leaf in self.leaves()}
        if name not in found:
            raise _unknown_dimension(name, found)
        return found[name]

    def defaults(self) -> dict[str, Any]:
        """Returns path to value of the dimensions that are active if all take their defaults."""
        values = {}
        for leaf in self.leaves():
            if all(values.get(parent) == chosen for parent, chosen in leaf.when):
                values[leaf.name] = default_of(leaf.dimension)
        return values

    def describe(self) -> dict[str, dict]:
        """Returns path to the properties of each dimension, for JSON; the plan stores them."""
        return {leaf.name: _facts(leaf) for leaf in self.leaves()}

    def summary(self, extended: bool = False) -> str:
        """The dimensions that are searched, in groups, for `print`.

        Args:
            extended: whether to list fixed dimensions too.
        """
        return summarize_space(self, extended)

    def fix(self, values: Mapping[str, Any] = _NONE, /, **named: Any) -> "SearchSpace":
        """Returns the space with these dimensions fixed to one value each.

        Values that a dimension does not offer are accepted.

        Args:
            values, named: dict of path, or end of a path, to value.

        Raises:
            UnknownName: no dimension has that name.
            SpaceError: a value has the wrong type or range.
        """
        space = self
        for name, value in {**dict(values), **named}.items():
            for leaf in space._matching(name):
                space = space._replace(leaf.name, _held(leaf, value))
        return space

    def narrow(self, dimensions: Mapping[str, Any] = _NONE, /, **named: Any) -> "SearchSpace":
        """Returns the space with these dimensions in place of those of the same name.

        Args:
            dimensions, named: dict of path, or end of a path, to dimension. A list is a Choice;
                for a Part, the names to choose from.

        Raises:
            UnknownName: no dimension has that name.
            SpaceError: a dimension does not fit.
        """
        space = self
        for name, dimension in {**dict(dimensions), **named}.items():
            for leaf in space._matching(name):
                space = space._replace(leaf.name, _narrowed(leaf, dimension))
        return space

    def extend(
        self, dimensions: Mapping[str, Dimension] = _NONE, /, **named: Dimension
    ) -> "SearchSpace":
        """Returns the space with further top-level dimensions, for a subclass's own build."""
        added = {**dict(dimensions), **named}
        twice = sorted(set(added) & set(self._dimensions))
        if twice:
            raise SpaceError(f"{twice} are in the space already. To change them use narrow().")
        return SearchSpace({**self._dimensions, **added})

    def updated_from(self, table: Mapping[str, Any]) -> "SearchSpace":
        """Returns the space changed by a table as read from TOML.

        learning_rate = { low = 1e-4, high = 1e-2, log = true }   # a range
        encoder = ["gru", "bigru"]                                # a few of many
        additive.units = 64                                       # one value
        extend.epochs = [3, 9]                                    # a new dimension
        """
        table = dict(table)
        added = table.pop("extend", {})
        if not isinstance(added, Mapping):
            raise SpaceError(f"'extend' takes a table of new dimensions; got {added!r}.")
        space = self.extend({name: read_dimension(name, given) for name, given in added.items()})
        for name, given in _flat(table):
            space = space._applied(name, given)
        return space

    def _applied(self, name: str, given: Any) -> "SearchSpace":
        if isinstance(given, list):
            return self.narrow({name: given})
        if not isinstance(given, Mapping):
            return self.fix({name: given})
        real = any(isinstance(default_of(leaf.dimension), float) for leaf in self._matching(name))
        return self.narrow({name: read_dimension(name, given, real)})

    def updated_from_toml(self, path: str | Path) -> "SearchSpace":
        """Returns the space changed by a TOML file; see `updated_from`."""
        return self.updated_from(read_space_file(path))

    def _matching(self, name: str) -> list[Leaf]:
        """Returns the dimension at this path, or all whose path ends with it."""
        leaves = self.leaves()
        exact = [leaf for leaf in leaves if leaf.name == name]
        found = exact or [leaf for leaf in leaves if _ends_with(leaf.name, name)]
        if not found:
            raise _unknown_dimension(name, [leaf.name for leaf in leaves])
        return found

    def _replace(self, path: str, dimension: Dimension) -> "SearchSpace":
        return SearchSpace(_replaced(self._dimensions, path.split("."), dimension))


def read_space_file(path: str | Path) -> dict[str, Any]:
    """Reads changes of a space from a TOML file.

    Raises:
        SpaceError: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SpaceError(f"The space file {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # TOML's own errors are ValueErrors.
        raise SpaceError(f"The space file {path} is not TOML: {error}.") from error


def assemble(part: Part, path: str, values: Mapping[str, Any], **options: Any) -> Any:
    """Makes the member of a part that the values choose, with the parts inside it.

    Args:
        part: the `Part`.
        path: str, its path, `"head"`.
        values: dict of path to value; missing dimensions take their defaults.
        options: further arguments of the member, such as its `name`.
    """
    name = part.cast(values.get(path, part.first()))
    arguments = {}
    for key, dimension in part.space_of(name).items():
        child = f"{path}.{name}.{key}"
        if isinstance(dimension, Part):
            arguments[key] = assemble(dimension, child, values)
        else:
            arguments[key] = dimension.cast(values.get(child, dimension.default))
    return part.registry[name](**arguments, **options)


def _walk(
    dimensions: Mapping[str, Dimension], prefix: str, when: tuple[tuple[str, str], ...]
) -> Iterator[Leaf]:
    for key, dimension in dimensions.items():
        path = prefix + key
        yield Leaf(path, dimension, when)
        if isinstance(dimension, Part):
            for name in dimension.names():
                below = dimension.space_of(name)
                yield from _walk(below, f"{path}.{name}.", (*when, (path, name)))


def _facts(leaf: Leaf) -> dict[str, Any]:
    dimension = leaf.dimension
    facts = {"kind": type(dimension).__name__.lower(), "when": [list(pair) for pair in leaf.when]}
    if isinstance(dimension, Part):
        return {**facts, "values": list(dimension.names()), "default": dimension.first()}
    if isinstance(dimension, Choice):
        return {**facts, "values": list(dimension.values), "default": dimension.default}
    names = ("low", "high", "step", "log", "default")
    return {**facts, **{name: getattr(dimension, name) for name in names}}


def _replaced(
    dimensions: Mapping[str, Any], keys: list[str], dimension: Dimension
) -> dict[str, Any]:
    key, *rest = keys
    if not rest:
        return {**dimensions, key: dimension}
    name, *below = rest
    part = dimensions[key]
    inner = _replaced(part.space_of(name), below, dimension)
    return {**dimensions, key: replace(part, spaces={**part.spaces, name: inner})}


def _held(leaf: Leaf, value: Any) -> Dimension:
    dimension = leaf.dimension
    if isinstance(dimension, Part):
        dimension.registry[value]
        return replace(dimension, among=(value,), default=value)
    return Choice((leaf.cast(value),))


def _narrowed(leaf: Leaf, dimension: Any) -> Dimension:
    known = leaf.dimension
    if isinstance(known, Part):
        names = dimension.values if isinstance(dimension, Choice) else dimension
        listed = isinstance(names, list | tuple) and names
        if not listed or not all(isinstance(name, str) for name in names):
            raise SpaceError(f"'{leaf.name}' takes a list of names; got {dimension!r}.")
        narrowed = replace(known, among=tuple(dict.fromkeys(names)))
        return replace(narrowed, default=narrowed.first())
    if isinstance(dimension, list | tuple):
        values = [leaf.cast(value) for value in dimension]
        return Choice(values, default=known.default if known.default in values else None)
    if isinstance(dimension, Choice):
        values = [leaf.cast(value) for value in dimension.values]
        return Choice(values, default=leaf.cast(dimension.default))
    if not isinstance(dimension, Int | Float):
        raise SpaceError(
            f"'{leaf.name}' takes a Choice, Int, Float or a list of values; got {dimension!r}."
        )
    leaf.cast(dimension.low)
    return dimension


def _ends_with(path: str, name: str) -> bool:
    return path == name or path.endswith("." + name)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if not isinstance(key, str):
            raise SpaceError(f"A dimension is named by a string; got {key!r}.")
        if isinstance(value, Mapping) and not {"low", "high"} & set(value):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _unknown_dimension(name: str, names: Iterable[str]) -> UnknownName:
    names = list(names)
    if (now := RENAMED.get(name)) in names:
        return UnknownName(f"The dimension '{name}' is called '{now}' since version 0.2.")
    return UnknownName(unknown("dimension", name, names))
