"""Pruners: rules on learning curves that end trials early, independent of Keras and any oracle.

    pruner = make_pruner("median")
    pruner.report("0007", step=0.5, value=0.712)     # epochs, validation accuracy
    reason = pruner.should_prune("0007")                 # "0.712 after 0.50 epochs; the median ..."
    pruner.finish("0007", pruned=reason is not None)

    search(data, pruner=PercentilePruner(percentile=10, warmup=1))   # a copy for every rung

A step counts epochs, so slices of an epoch are fractions; for `wilcoxon` it numbers the folds or
seeds. Higher values are better: the caller flips signs. With several objectives a value is a
tuple, and one trial beats another where it is as good in all of them and better in one.
"""

from typing import Any

from attn_tuner.errors import SpaceError
from attn_tuner.tuning.pruning.asha import AshaPruner
from attn_tuner.tuning.pruning.base import NoPruner, Pruner, pruners
from attn_tuner.tuning.pruning.beyond_chance import BeyondChance
from attn_tuner.tuning.pruning.extrapolation import ExtrapolationPruner
from attn_tuner.tuning.pruning.per_rung import PrunerPerRung
from attn_tuner.tuning.pruning.percentile import MedianPruner, PercentilePruner
from attn_tuner.tuning.pruning.wilcoxon import WilcoxonPruner

__all__ = [
    "AshaPruner",
    "BeyondChance",
    "ExtrapolationPruner",
    "MedianPruner",
    "NoPruner",
    "PercentilePruner",
    "Pruner",
    "PrunerPerRung",
    "WilcoxonPruner",
    "make_pruner",
    "pruner_name",
    "pruners",
]


def make_pruner(name: str | Pruner | None, **options: Any) -> Pruner:
    """Makes a pruner.

    Args:
        name: str, of a registered pruner; a `Pruner`, which is returned; or None for "none".
        options: arguments of the pruner.

    Raises:
        UnknownName: there is no pruner of that name.
        SpaceError: an option is unknown or out of range.
    """
    if isinstance(name, Pruner):
        return name
    kind = pruners["none" if name is None else name]
    try:
        return kind(**options)
    except TypeError as error:
        raise SpaceError(f"Pruner '{name}' cannot be made: {error}.") from error


def pruner_name(pruner: str | Pruner) -> str:
    """Returns the name under which a pruner is registered, else that of its class."""
    if isinstance(pruner, str):
        return pruner
    kind = type(pruner)
    registered = (name for name, each in pruners.items() if each.build is kind)
    return next(registered, kind.__name__)
