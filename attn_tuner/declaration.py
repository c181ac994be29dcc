"""A `SearchSpace` declared on KerasTuner's `HyperParameters`: all of it, in one build."""

from contextlib import ExitStack

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

from attn_tuner.space import Choice, Float, Int, Leaf, Part, SearchSpace

SCOPE = "/"  # What KerasTuner puts between a name scope and a name.


def declare(hp: keras_tuner.HyperParameters, space: SearchSpace) -> dict:
    """Registers every dimension of `space` on `hp`, and reads the values that count.

    KerasTuner learns a conditional space by building again and again, once more for each scope it
    has not seen open. Declaring all scopes at once and then dropping those that this call left
    closed spares it that: the space is known whole after one build.

    A hyperparameter that the caller registered first keeps its range, as everywhere in KerasTuner.
    Where one of ours is conditional and the caller's of that name is not, KerasTuner would ignore
    the caller's; here it counts. A `Fixed` may also be named by the end of the path: `units`.

    Returns:
        Path to value, for the dimensions that count, each a plain int, float, bool or str.
    """
    closed = len(hp.inactive_scopes)
    overrides = _Overrides(hp, space)
    values = {}
    for leaf in space.leaves():
        when, reachable = overrides.conditions(leaf)
        if not reachable:
            continue
        with ExitStack() as scopes:
            for parent, chosen in when:
                scopes.enter_context(hp.conditional_scope(parent, [chosen]))
            value = overrides.value(leaf)
            if value is None:
                value = _register(hp, leaf)
        if value is not None:
            values[leaf.name] = leaf.dimension.cast(value)
    del hp.inactive_scopes[closed:]
    return values


def value_of(hp: keras_tuner.HyperParameters, name: str, default):
    """The value that `hp` holds under `name`, in whatever name scope it was declared."""
    for known, value in hp.values.items():
        if known.split(SCOPE)[-1] == name:
            return value
    return default


class _Overrides:
    """What the caller registered without conditions before our build was asked."""

    def __init__(self, hp, space):
        leaves = space.leaves()
        own = {leaf.name for leaf in leaves if not leaf.when}
        free = {h.name.split(SCOPE)[-1]: h for h in hp.space if not h.conditions}
        self.values, self.fixed = {}, set()
        for leaf in leaves:
            if not leaf.when:
                continue
            for name, hyperparameter in free.items():
                is_fixed = isinstance(hyperparameter, kinds.Fixed)
                ending = is_fixed and name not in own and leaf.name.endswith("." + name)
                if name == leaf.name or ending:
                    self.values[leaf.name] = hp.values[hyperparameter.name]
                    if is_fixed:
                        self.fixed.add(leaf.name)

    def value(self, leaf: Leaf):
        return self.values.get(leaf.name)

    def conditions(self, leaf: Leaf):
        """The conditions still to open, and whether the leaf can count at all."""
        when = []
        for parent, chosen in leaf.when:
            if parent in self.fixed:
                if self.values[parent] != chosen:
                    return (), False
            elif parent in self.values:
                # The caller's parent depends on nothing, so neither do its children on more.
                when = [(parent, chosen)]
            else:
                when.append((parent, chosen))
        return when, True


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
