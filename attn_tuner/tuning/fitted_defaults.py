"""Lowers the defaults of a space until the first points of a search are within its limits.

A first point takes the default of each size that it does not name, so that all of them would be
refused where the whole vocabulary in the usual width has too many weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.model_space import NGRAM_DIM
from attn_tuner.space import Choice, Int, SearchSpace
from attn_tuner.tuning.constraints import Constraints

WORDS = 20_000  # So many words stay before the embedding gets narrower.


def fitted_defaults(
    hypermodel: AttentionHyperModel, allowed: Constraints, points: Sequence[Mapping[str, Any]]
) -> SearchSpace:
    """Returns the space of a hypermodel of texts, with defaults with which all points fit.

    What the dimensions offer stays, as larger tables fit beside smaller parts. Where lower defaults
    do not help, as an encoder is too large, they are as low as they can be.

    Args:
        hypermodel: whose space it is.
        allowed: the limits; those on weights and bytes count.
        points: values by path, as the search tries them first.
    """
    space = hypermodel.space
    if allowed.most_weights() is None or "ngram_buckets" not in space:
        return space
    allowed = replace(allowed, latency_ms=None)
    while any(allowed.refusal(hypermodel.model({**space.defaults(), **point})) for point in points):
        smaller = _smaller(space)
        if smaller is None:
            break
        space = smaller
    return space


def _smaller(space: SearchSpace) -> SearchSpace | None:
    """Returns the space with the next lower default of the larger table; None if there is none."""
    values = space.defaults()
    words, width = values["vocabulary_size"], values["embedding_dim"]
    order = ["embedding_dim", "vocabulary_size", "ngram_buckets"]
    if words > WORDS:
        order.insert(0, "vocabulary_size")
    if values["ngram_buckets"] * NGRAM_DIM > words * width:
        order.insert(0, "ngram_buckets")
    for name in order:
        lower = _lower(space[name])
        if lower is not None:
            return space.narrow({name: lower})
    return None


def _lower(dimension: Any) -> Choice | Int | None:
    """Returns the dimension with the next lower default, or None."""
    if isinstance(dimension, Int):
        default = dimension.default - dimension.step
        return replace(dimension, default=default) if default >= dimension.low else None
    below = [value for value in dimension.values if value < dimension.default]
    return Choice(dimension.values, default=max(below)) if below else None
