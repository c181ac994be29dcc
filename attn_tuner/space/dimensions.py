"""Dimensions of a search space as data: a list of values, a range, or a part with dimensions."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from attn_tuner.errors import SpaceError
from attn_tuner.registry import Registry


@dataclass(frozen=True)
class Choice:
    """A list of values of one type.

    Args:
        values: bools, ints, floats or strings; all of one type.
        default: one of them; the first if not given.
    """

    values: tuple
    default: Any = None

    def __init__(self, values: Iterable, default: Any = None):
        if isinstance(values, str):
            raise SpaceError(f"A Choice takes a list of values; got {values!r}.")
        values = tuple(value.item() if hasattr(value, "item") else value for value in values)
        if not values:
            raise SpaceError("A Choice needs at least one value, and got none.")
        kinds = {type(value) for value in values}
        if len(kinds) > 1 or not kinds <= {bool, int, float, str}:
            raise SpaceError(
                f"The values of a Choice must all be bool, int, float or str; got {list(values)}."
            )
        values = tuple(dict.fromkeys(values))
        if default is not None and default not in values:
            raise SpaceError(f"The default {default!r} is not among {list(values)}.")
        first = 0 if default is None else values.index(default)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "default", values[first])

    def cast(self, value: Any) -> Any:
        """Converts a value to the Python type of this choice."""
        kind = type(self.values[0])
        if (kind is str) != isinstance(value, str):
            raise SpaceError(f"{value!r} has another type than {list(self.values)}.")
        return kind(value)


@dataclass(frozen=True)
class Int:
    """A range of whole numbers.

    Args:
        low, high: int, bounds, both included.
        step: int, distance between two values.
        log: bool, whether values are sampled on a log scale.
        default: int; the middle if not given.
    """

    low: int
    high: int
    step: int = 1
    log: bool = False
    default: int | None = None

    def __post_init__(self) -> None:
        _check_range(self, int)
        if self.default is None:
            object.__setattr__(self, "default", int(_middle(self)))

    def cast(self, value: Any) -> int:
        return round(_number(value))


@dataclass(frozen=True)
class Float:
    """A range of real numbers.

    Args:
        low, high: float, bounds, both included.
        step: float, distance between two values; None for any value.
        log: bool, whether values are sampled on a log scale.
        default: float; the middle if not given.
    """

    low: float
    high: float
    step: float | None = None
    log: bool = False
    default: float | None = None

    def __post_init__(self) -> None:
        _check_range(self, float)
        if self.default is None:
            object.__setattr__(self, "default", float(_middle(self)))

    def cast(self, value: Any) -> float:
        return _number(value)


@dataclass(frozen=True)
class Part:
    """A choice among the members of a registry, each with dimensions of its own.

    Args:
        registry: the `Registry`.
        among: names to choose from; all members if not given.
        default: a name; the first of `among` if not given.
        spaces: dict of member name to dimensions that replace or extend the registered ones.
    """

    registry: Registry
    among: tuple[str, ...] = ()
    default: str | None = None
    spaces: Mapping[str, Mapping] = field(default_factory=dict, hash=False)

    def names(self) -> tuple[str, ...]:
        """Returns the names to choose from.

        Raises:
            UnknownName: one of them is not registered.
        """
        names = tuple(self.among) or tuple(self.registry)
        for name in names:
            self.registry[name]
        return names

    def first(self) -> str:
        """Returns the default name."""
        names = self.names()
        if self.default is None:
            return names[0]
        self.registry[self.default]
        return self.default if self.default in names else names[0]

    def space_of(self, name: str) -> dict[str, "Dimension"]:
        """Returns the dimensions of a member, by name."""
        return {**self.registry[name].space, **self.spaces.get(name, {})}

    def cast(self, value: Any) -> str:
        return str(value)


Dimension = Choice | Int | Float | Part


def default_of(dimension: Dimension) -> Any:
    """Returns the default value of a dimension."""
    return dimension.first() if isinstance(dimension, Part) else dimension.default


def check_sign(name: str, dimension: Dimension, value: Any) -> None:
    """Raises SpaceError for a size under 1, a rate under 0, or a number that is not finite.

    Args:
        name: str, name of the dimension.
        dimension: the dimension; a size offers values from 1, a rate values from 0.
        value: the value to check.
    """
    if isinstance(value, bool | str) or isinstance(dimension, Part):
        return
    if not math.isfinite(value):
        raise SpaceError(f"'{name}' takes finite numbers; got {value!r}.")
    offered = dimension.values if isinstance(dimension, Choice) else (dimension.low,)
    least = 1 if isinstance(value, int) and min(offered) >= 1 else 0
    if min(offered) >= least and value < least:
        raise SpaceError(f"'{name}' should be at least {least}; got {value!r}.")


def read_dimension(name: str, given: Any, real: bool = False) -> Dimension:
    """Makes a dimension of a value, list or range of a TOML table.

    Args:
        name: str, name of the dimension, for messages.
        given: a value, a list, or a table with low and high.
        real: bool, whether whole bounds make a Float; else they make an Int.
    """
    if isinstance(given, list):
        return Choice(given)
    if not isinstance(given, Mapping):
        return Choice((given,))
    bounds = [given.get("low"), given.get("high")]
    whole = all(isinstance(bound, int) for bound in bounds) and not real
    try:
        return (Int if whole else Float)(**given)
    except TypeError:
        raise SpaceError(
            f"The range of '{name}' is {dict(given)}. It takes low, high and, if wanted, step, "
            "log and default."
        ) from None


def _number(value: Any) -> float:
    if isinstance(value, str):
        raise SpaceError(f"{value!r} is not a number.")
    return float(value)


def _check_range(dimension: "Int | Float", kind: type) -> None:
    """Checks a range, and converts its numbers to `kind`."""
    low, high = dimension.low, dimension.high
    for name in ("low", "high", "step", "default"):
        number = getattr(dimension, name)
        if number is None and name not in ("low", "high"):
            continue
        if not _is_finite(number) or kind(number) != number:
            wanted = "a whole number" if kind is int else "a finite number"
            raise SpaceError(f"The {name} of {kind.__name__.title()} is {wanted}; got {number!r}.")
        object.__setattr__(dimension, name, kind(number))
    if low > high:
        raise SpaceError(f"A range runs from low to high; got {low} > {high}.")
    if dimension.log and low <= 0:
        raise SpaceError(f"A log range must start above 0; got {low}.")
    if dimension.step is not None and dimension.step <= 0:
        raise SpaceError(f"The step of a range must be above 0; got {dimension.step}.")
    if dimension.log and dimension.step not in (None, 1):
        raise SpaceError(f"A log range has no step; got {dimension.step}. Give one of the two.")
    default = dimension.default
    if default is not None and not low <= default <= high:
        raise SpaceError(f"The default {default} lies outside {low} to {high}.")


def _is_finite(number: Any) -> bool:
    return isinstance(number, Real) and not isinstance(number, bool) and math.isfinite(number)


def _middle(dimension: "Int | Float") -> float:
    low, high = dimension.low, dimension.high
    middle = math.sqrt(low * high) if dimension.log else (low + high) / 2
    if dimension.step and not dimension.log:
        middle = low + dimension.step * math.floor((middle - low) / dimension.step)
    return min(max(middle, low), high)  # A rounded root can lie a hair outside.
