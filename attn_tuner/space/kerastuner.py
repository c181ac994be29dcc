"""Declares a `SearchSpace` on KerasTuner's `HyperParameters`, all of it in one build."""

from contextlib import ExitStack
from typing import Any

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

from attn_tuner.space.dimensions import Choice, Float, Int, Part, default_of
from attn_tuner.space.search_space import Leaf, SearchSpace

SCOPE = "/"  # KerasTuner's separator between a name scope and a name.
LISTED = (kinds.Choice, kinds.Fixed)


def declare(hp: keras_tuner.HyperParameters, space: SearchSpace) -> dict:
    """Registers every dimension of a space, and returns the values of the active ones.

    KerasTuner discovers a conditional space by repeated builds, one for each inactive scope that it
    has not entered. Here all scopes are entered once, and those that are inactive in this call are
    then removed from its list, so that one build makes the whole space known.

    A hyperparameter that the caller registered first keeps its range, as everywhere in KerasTuner.
    An unconditional one of the caller also replaces a conditional one of ours, which KerasTuner
    itself would not do. A `Fixed` may also be named by the end of the path: `units`. Dimensions
    below a part that the caller's choices exclude are not declared.

    Args:
        hp: the hyperparameters of a build.
        space: the space.

    Returns:
        Dict of path to value, for the active dimensions, each a plain int, float, bool or str.
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
    """Returns the value of a hyperparameter in any name scope.

    Args:
        hp: the hyperparameters.
        name: str, name without scope.
        default: returned if there is no such hyperparameter.
    """
    for known, value in hp.values.items():
        if known.split(SCOPE)[-1] == name:
            return value
    return default


class _Caller:
    """The hyperparameters that the caller registered under names of the space before the build.

    Made after the first dimension has been declared, which shows the open name scope.
    """

    def __init__(self, hp: keras_tuner.HyperParameters, space: SearchSpace):
        leaves = space.leaves()
        scope = _open_scope(hp, leaves[0].name)
        # A name inside the open scope replaces the same name outside it.
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

    def value(self, leaf: Leaf) -> Any:
        """Returns the caller's value for a conditional leaf, or None."""
        return self.values.get(leaf.name)

    def leaves_open(self, leaf: Leaf) -> bool:
        """Returns whether the caller's choices allow every choice above the leaf."""
        return all(chosen in self.offers.get(parent, (chosen,)) for parent, chosen in leaf.when)

    def conditions(self, leaf: Leaf) -> list[tuple[str, str]]:
        """Returns the conditions of a leaf that the caller has not already decided."""
        when = []
        for parent, chosen in leaf.when:
            if parent not in self.values:
                when.append((parent, chosen))
            elif parent in self.here:
                # The caller's parent is unconditional, so its children depend on it alone.
                when = [(parent, chosen)]
        return when


def _open_scope(hp: keras_tuner.HyperParameters, name: str) -> str:
    """Returns the open name scope with a slash at its end, derived from a declared name."""
    with hp.conditional_scope(name, [""]):
        pass
    return hp.inactive_scopes[-1][-1].name.removesuffix(name)


def _registered(hp: keras_tuner.HyperParameters, leaf: Leaf) -> Any:
    """Registers a leaf and returns its value; None while it is inactive."""
    try:
        return _register(hp, leaf)
    except KeyError:  # An oracle may omit the value of an active hyperparameter.
        return default_of(leaf.dimension)


def _register(hp: keras_tuner.HyperParameters, leaf: Leaf) -> Any:
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
