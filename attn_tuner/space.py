"""The search space as data: frozen values that know neither Keras nor any tuner.

A space is a tree. Leaves are `Choice`, `Int` and `Float`; a `Part` is the choice of one member of
a registry, whose own dimensions count only while that member is chosen. A dimension is named by
its path: `learning_rate`, `head`, `head.additive.units`, `head.pooling.score.additive.units`.
"""

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attn_tuner.errors import SpaceError, UnknownName
from attn_tuner.registry import Registry, unknown

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Choice:
    """One of a few values of one type. The first is the default unless another is named."""

    values: tuple
    default: Any = None

    def __init__(self, values, default=None):
        values = tuple(values)
        if not values:
            raise SpaceError("A Choice needs at least one value, and got none.")
        if len({type(value) for value in values}) > 1:
            raise SpaceError(f"The values of a Choice must share one type; got {list(values)}.")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "default", values[0] if default is None else default)
        if self.default not in values:
            raise SpaceError(f"The default {default!r} is not among {list(values)}.")

    def cast(self, value):
        """The value as the plain Python type of this choice."""
        return type(self.default)(value)


@dataclass(frozen=True)
class Int:
    """Whole numbers from `low` to `high`, both included, `step` apart or on a log scale."""

    low: int
    high: int
    step: int = 1
    log: bool = False
    default: int = None

    def __post_init__(self):
        _check_range(self)
        if self.default is None:
            object.__setattr__(self, "default", _middle(self))

    def cast(self, value) -> int:
        return round(float(value))


@dataclass(frozen=True)
class Float:
    """Real numbers from `low` to `high`, both included, `step` apart or on a log scale."""

    low: float
    high: float
    step: float = None
    log: bool = False
    default: float = None

    def __post_init__(self):
        _check_range(self)
        if self.default is None:
            object.__setattr__(self, "default", float(_middle(self)))

    def cast(self, value) -> float:
        return float(value)


@dataclass(frozen=True)
class Part:
    """The choice of one member of a registry, with that member's own dimensions below it.

    Args:
        registry: where the members are.
        among: names to choose from; all of the registry when not given.
        default: the name to start with; the first of `among` when not given.
        spaces: member name -> dimensions that replace or extend what the member registered.
    """

    registry: Registry
    among: tuple[str, ...] = ()
    default: str = None
    spaces: Mapping[str, Mapping] = field(default_factory=dict, hash=False)

    def names(self) -> tuple[str, ...]:
        """The names on offer, each of them registered."""
        names = tuple(self.among) or tuple(self.registry)
        for name in names:
            self.registry[name]
        return names

    def first(self) -> str:
        names = self.names()
        return self.default if self.default in names else names[0]

    def space_of(self, name: str) -> dict:
        return {**self.registry[name].space, **self.spaces.get(name, {})}

    def cast(self, value) -> str:
        return str(value)


Dimension = Choice | Int | Float | Part


@dataclass(frozen=True)
class Leaf:
    """A dimension with its path and the choices under which it counts.

    Args:
        name: the path, `"head.additive.units"`.
        dimension: Choice, Int, Float or Part.
        when: pairs (path of a Part, the member chosen), outermost first.
    """

    name: str
    dimension: Dimension
    when: tuple[tuple[str, str], ...] = ()


class SearchSpace(Mapping):
    """What a search may vary: names to dimensions, never changed in place.

        space = SearchSpace(learning_rate=Float(1e-4, 1e-2, log=True), head=Part(heads))
        space = space.fix(head="additive").narrow({"head.additive.units": Int(32, 64)})

    A name may be cut from the left (`additive.units`, `units`) wherever it stays clear what is
    meant: every dimension whose path ends with it is changed.
    """

    def __init__(self, dimensions: Mapping[str, Dimension] = (), /, **named: Dimension):
        self._dimensions = MappingProxyType({**dict(dimensions), **named})
        for name, dimension in self._dimensions.items():
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

    def __eq__(self, other) -> bool:
        return isinstance(other, SearchSpace) and self.leaves() == other.leaves()

    def __hash__(self):
        return hash(self.leaves())

    def __reduce__(self):
        return SearchSpace, (dict(self._dimensions),)

    def leaves(self) -> tuple[Leaf, ...]:
        """Every dimension by path, parents before their children."""
        return tuple(_walk(self._dimensions, "", ()))

    def leaf(self, name: str) -> Leaf:
        """The dimension at exactly this path."""
        found = {leaf.name: leaf for leaf in self.leaves()}
        if name not in found:
            raise UnknownName(unknown("dimension", name, found))
        return found[name]

    def defaults(self) -> dict[str, Any]:
        """Path to value of the dimensions that count when each takes its default."""
        values = {}
        for leaf in self.leaves():
            if all(values.get(parent) == chosen for parent, chosen in leaf.when):
                values[leaf.name] = default_of(leaf.dimension)
        return values

    def describe(self) -> dict[str, dict]:
        """Path to the facts of each dimension, for JSON: what a run folder remembers."""
        return {leaf.name: _facts(leaf) for leaf in self.leaves()}

    def fix(self, values: Mapping[str, Any] = (), /, **named) -> "SearchSpace":
        """The same space with these dimensions held at one value each.

        A value that the dimension does not offer is taken too: it is the user's to choose.
        """
        space = self
        for name, value in {**dict(values), **named}.items():
            for leaf in space._matching(name):
                space = space._replace(leaf.name, _held(leaf.dimension, value))
        return space

    def narrow(self, dimensions: Mapping[str, Dimension] = (), /, **named) -> "SearchSpace":
        """The same space with these dimensions in place of those of the same name.

        A list or tuple stands for a Choice; for a Part it names the members to choose from.
        """
        space = self
        for name, dimension in {**dict(dimensions), **named}.items():
            for leaf in space._matching(name):
                space = space._replace(leaf.name, _narrowed(leaf, dimension))
        return space

    def extend(self, dimensions: Mapping[str, Dimension] = (), /, **named) -> "SearchSpace":
        """The same space with further top-level dimensions, for a subclass's own build."""
        added = {**dict(dimensions), **named}
        twice = sorted(set(added) & set(self._dimensions))
        if twice:
            raise SpaceError(f"{twice} are in the space already. To change them use narrow().")
        return SearchSpace({**self._dimensions, **added})

    def updated_from(self, table: Mapping[str, Any]) -> "SearchSpace":
        """Applies a table as read from TOML.

        learning_rate = { low = 1e-4, high = 1e-2, log = true }   # a range
        encoder = ["gru", "bigru"]                                # a few of many
        head.additive.units = 64                                  # one value
        """
        space = self
        for name, given in _flat(table):
            known = [leaf for leaf in space.leaves() if _ends_with(leaf.name, name)]
            dimension = _read(name, given)
            if isinstance(dimension, Dimension) and not known and "." not in name:
                space = space.extend({name: dimension})
            elif isinstance(dimension, Dimension | tuple):
                space = space.narrow({name: dimension})
            else:
                space = space.fix({name: given})
        return space

    def updated_from_toml(self, path) -> "SearchSpace":
        """Applies a TOML file; see `updated_from`."""
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise SpaceError(f"The space file {path} cannot be read: {error.strerror}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SpaceError(f"The space file {path} is not TOML: {error}.") from error
        return self.updated_from(table)

    def _matching(self, name: str) -> list[Leaf]:
        leaves = self.leaves()
        exact = [leaf for leaf in leaves if leaf.name == name]
        found = exact or [leaf for leaf in leaves if _ends_with(leaf.name, name)]
        if not found:
            raise UnknownName(unknown("dimension", name, [leaf.name for leaf in leaves]))
        return found

    def _replace(self, path: str, dimension: Dimension) -> "SearchSpace":
        return SearchSpace(_replaced(self._dimensions, path.split("."), dimension))


def default_of(dimension: Dimension):
    """The value a dimension starts with."""
    return dimension.first() if isinstance(dimension, Part) else dimension.default


def assemble(part: Part, path: str, values: Mapping[str, Any]):
    """Makes the member of `part` that `values` choose, and the parts inside it.

    Args:
        part: the choice to resolve.
        path: its path, `"head"`.
        values: path -> value. Dimensions that are absent keep the member's own defaults.
    """
    name = part.cast(values[path])
    arguments = {}
    for key, dimension in part.space_of(name).items():
        child = f"{path}.{name}.{key}"
        if child not in values:
            continue
        inner = isinstance(dimension, Part)
        arguments[key] = (
            assemble(dimension, child, values) if inner else dimension.cast(values[child])
        )
    return part.registry[name](**arguments)


def _walk(dimensions, prefix, when) -> Iterator[Leaf]:
    for key, dimension in dimensions.items():
        path = prefix + key
        yield Leaf(path, dimension, when)
        if isinstance(dimension, Part):
            for name in dimension.names():
                below = dimension.space_of(name)
                yield from _walk(below, f"{path}.{name}.", (*when, (path, name)))


def _facts(leaf) -> dict:
    dimension = leaf.dimension
    facts = {"kind": type(dimension).__name__.lower(), "when": [list(pair) for pair in leaf.when]}
    if isinstance(dimension, Part):
        return {**facts, "values": list(dimension.names()), "default": dimension.first()}
    if isinstance(dimension, Choice):
        return {**facts, "values": list(dimension.values), "default": dimension.default}
    names = ("low", "high", "step", "log", "default")
    return {**facts, **{name: getattr(dimension, name) for name in names}}


def _replaced(dimensions, keys, dimension) -> dict:
    key, *rest = keys
    if not rest:
        return {**dimensions, key: dimension}
    name, *below = rest
    part = dimensions[key]
    inner = _replaced(part.space_of(name), below, dimension)
    return {**dimensions, key: replace(part, spaces={**part.spaces, name: inner})}


def _held(dimension, value):
    if isinstance(dimension, Part):
        dimension.registry[value]
        return replace(dimension, among=(value,), default=value)
    return Choice((dimension.cast(value),))


def _narrowed(leaf: Leaf, dimension):
    if isinstance(leaf.dimension, Part):
        names = dimension.values if isinstance(dimension, Choice) else dimension
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise SpaceError(f"'{leaf.name}' takes a list of names; got {dimension!r}.")
        narrowed = replace(leaf.dimension, among=tuple(names))
        return replace(narrowed, default=narrowed.first())
    if isinstance(dimension, list | tuple):
        return Choice([leaf.dimension.cast(value) for value in dimension])
    if not isinstance(dimension, Dimension):
        raise SpaceError(
            f"'{leaf.name}' takes a Choice, Int, Float or a list of values; got {dimension!r}."
        )
    return dimension


def _ends_with(path: str, name: str) -> bool:
    return path == name or path.endswith("." + name)


def _flat(table, prefix=""):
    for key, value in table.items():
        is_range = isinstance(value, Mapping) and "low" in value
        if isinstance(value, Mapping) and not is_range:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _read(name, given):
    if isinstance(given, list):
        return tuple(given)
    if not isinstance(given, Mapping):
        return given
    whole = isinstance(given["low"], int) and isinstance(given.get("high"), int)
    try:
        return (Int if whole else Float)(**given)
    except TypeError:
        raise SpaceError(
            f"The range of '{name}' is {dict(given)}. It takes low, high and, if wanted, step, "
            "log and default."
        ) from None


def _check_range(dimension):
    numbers = [dimension.low, dimension.high]
    if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
        raise SpaceError(f"A range needs two finite numbers; got {numbers}.")
    if dimension.low > dimension.high:
        raise SpaceError(f"A range runs from low to high; got {dimension.low} > {dimension.high}.")
    if dimension.log and dimension.low <= 0:
        raise SpaceError(f"A log range must start above 0; got {dimension.low}.")
    default = dimension.default
    if default is not None and not dimension.low <= default <= dimension.high:
        raise SpaceError(f"The default {default} lies outside {dimension.low} to {dimension.high}.")


def _middle(dimension):
    low, high = dimension.low, dimension.high
    middle = math.sqrt(low * high) if dimension.log else (low + high) / 2
    if dimension.step and not dimension.log:
        middle = low + dimension.step * math.floor((middle - low) / dimension.step)
    return type(low)(middle)
