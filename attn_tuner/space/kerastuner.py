"""A `SearchSpace` declared on KerasTuner's `HyperParameters`: all of it, in one build."""

from contextlib import ExitStack
from typing import Any

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

from attn_tuner.space.dimensions import Choice, Float, Int, Part, default_of
from attn_tuner.space.search_space import Leaf, SearchSpace

SCOPE = "/"  # What KerasTuner puts between a name scope and a name.
LISTED = (kinds.Choice, kinds.Fixed)


def declare(hp: keras_tuner.HyperParameters, space: SearchSpace) -> dict:
    """Registers every dimension of `space` on `hp`, and reads the values that count.

    KerasTuner learns a conditional space by building again and again, once more for each scope it
    has not seen open. Declaring all scopes at once and then dropping those that this call left
    closed spares it that: the space is known whole after one build.

    A hyperparameter that the caller registered first keeps its range, as everywhere in KerasTuner.
    Where one of ours is conditional and the caller's of that name is not, KerasTuner would ignore
    the caller's; here it counts. A `Fixed` may also be named by the end of the path: `units`.
    What lies below a part that the caller leaves no way to choose is not declared.

    Returns:
        Path to value, for the dimensions that count, each a plain int, float, bool or str.
    """
    closed = len(hp.inactive_scopes)
    values, caller = {}, None
    for leaf in space.leaves():
        with ExitStack() as scopes:
            if leaf.when:
                caller = caller or _Caller(hp, space)
                if not caller.leaves_open(leaf):
                    continue
                for parent, chosen in caller.conditions(leaf):
                    scopes.enter_context(hp.conditional_scope(parent, [chosen]))
                value = caller.value(leaf)
            else:
                value = None
            if value is None:
                value = _registered(hp, leaf)
        counts = all(values.get(parent) == chosen for parent, chosen in leaf.when)
        if value is not None and counts:
            values[leaf.name] = leaf.cast(value)
    del hp.inactive_scopes[closed:]
    return values


def value_of(hp: keras_tuner.HyperParameters, name: str, default: Any) -> Any:
    """The value that `hp` holds under `name`, in whatever name scope it was declared."""
    for known, value in hp.values.items():
        if known.split(SCOPE)[-1] == name:
            return value
    return default


class _Caller:
    """What the caller registered under our names before the build, and we honour.

    Made once the first dimension is declared, which shows the name scope that is open.
    """

    def __init__(self, hp, space):
        leaves = space.leaves()
        scope = _open_scope(hp, leaves[0].name)
        # A name inside the scope that is open comes after, and so before one outside it.
        known = {h.name: h for h in hp.space if SCOPE not in h.name}
        known |= {h.name.removeprefix(scope): h for h in hp.space if h.name.startswith(scope)}
        free = {name: h for name, h in known.items() if not h.conditions}
        own = {leaf.name for leaf in leaves if not leaf.when}
        self.here = {h.name.removeprefix(scope) for h in hp.space if h.name.startswith(scope)}
        self.offers = {name: free[name].values for name in free if isinstance(free[name], LISTED)}
        self.values = {}
        for leaf in leaves:
            names = [leaf.name] + [
                name
                for name, h in free.items()
                if isinstance(h, kinds.Fixed) and name not in own and leaf.name.endswith("." + name)
            ]
            found = next((free[name] for name in names if name in free), None)
            if leaf.when and found is not None:
                self.values[leaf.name] = hp.values.get(found.name, found.default)
                if isinstance(found, LISTED):
                    self.offers[leaf.name] = found.values

    def value(self, leaf: Leaf):
        return self.values.get(leaf.name)

    def leaves_open(self, leaf: Leaf) -> bool:
        """Whether every choice above the leaf can still be made."""
        return all(chosen in self.offers.get(parent, (chosen,)) for parent, chosen in leaf.when)

    def conditions(self, leaf: Leaf):
        """The conditions to open for a leaf: those that the caller has not settled."""
        when = []
        for parent, chosen in leaf.when:
            if parent not in self.values:
                when.append((parent, chosen))
            elif parent in self.here:
                # The caller's parent depends on nothing, so neither do its children on more.
                when = [(parent, chosen)]
        return when


def _open_scope(hp, name) -> str:
    """The name scope that is open, with the slash behind it, read off a declared name."""
    with hp.conditional_scope(name, [""]):
        pass
    return hp.inactive_scopes[-1][-1].name.removesuffix(name)


def _registered(hp, leaf):
    """The value of the leaf, or None while it does not count."""
    try:
        return _register(hp, leaf)
    except KeyError:  # An oracle may leave out a value that counts.
        return default_of(leaf.dimension)


def _register(hp, leaf):
    dimension = leaf.dimension
    if isinstance(dimension, Part):
        return hp.Choice(leaf.name, list(dimension.names()), default=dimension.first())
    if isinstance(dimension, Choice):
        return hp.Choice(leaf.name, list(dimension.values), default=dimension.default)
    kind = {Int: hp.Int, Float: hp.Float}[type(dimension)]
    step = dimension.step
    if dimension.log:
        step = None  # KerasTuner reads a step on a log scale as a factor.
    elif type(dimension) is Int and step == 1:
        step = None
    return kind(
        leaf.name,
        dimension.low,
        dimension.high,
        step=step,
        sampling="log" if dimension.log else "linear",
        default=dimension.default,
    )
