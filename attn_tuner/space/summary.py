"""Writes a search space for readers: in groups, and only what is searched.

Searched: 3, and 2 inside encoders and heads. Fixed: 1.

Head
  head                    additive, gated, mean
    additive, gated       units 32 to 256 by 32

Training
  learning_rate           0.0003 to 0.01, log scale, default 0.002
  batch_size              32, 64, 128; default 64
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from attn_tuner.space.dimensions import Choice, Dimension, Float, Int, Part

if TYPE_CHECKING:
    from attn_tuner.space.search_space import SearchSpace

# Dimensions by what they belong to, of classifiers and of sequence models; those that a user adds
# come last.
GROUPS = {
    "Text": ("tokens", "vocabulary_size", "max_length", "truncation", "word_dropout"),
    "Series": (
        "clip",
        "differences",
        "downsampling",
        "jitter",
        "random_scaling",
        "time_warp",
        "window_slice",
    ),
    "Embedding": (
        "embedding_dim",
        "embedding_init",
        "embedding_frozen_epochs",
        "region_size",
        "spatial_dropout",
    ),
    "Encoder": ("encoder", "encoder_dropout", "layer_norm"),
    "Head": ("head", "second_head", "hashed_ngrams", "ngram_buckets"),
    "Decoder": (
        "attention",
        "decoder_cell",
        "decoder_layers",
        "decoder_units",
        "input_feeding",
        "scheduled_sampling",
        "coverage_loss",
        "copy",
        "sampled_softmax",
    ),
    "Output": ("dense_layers", "dense_units", "dropout"),
    "Training": (
        "learning_rate",
        "weight_decay",
        "batch_size",
        "epochs",
        "use_ema",
        "label_smoothing",
        "class_weight",
        "adversarial_weight",
        "adversarial_norm",
        "virtual_weight",
        "virtual_norm",
        "entropy_weight",
    ),
}
OTHERS = "Other"
_NAME_WIDTH = 24  # Columns before what a dimension may be.


def group_of(name: str) -> str:
    """Returns the group of a dimension of the space, by its name: "Text", "Head", ...

    Args:
        name: without a path.
    """
    return next((group for group, names in GROUPS.items() if name in names), OTHERS)


def summarize_space(space: "SearchSpace", extended: bool = False) -> str:
    """Writes the dimensions of a space in groups, those of a part on one line below it.

    Args:
        space: the space.
        extended: whether to write fixed dimensions too.
    """
    searched = [leaf for leaf in space.leaves() if _is_searched(leaf.dimension)]
    top = sum("." not in leaf.name for leaf in searched)
    held = len(space.leaves()) - len(searched)
    lines = [
        f"Searched: {top}, and {len(searched) - top} inside encoders and heads. Fixed: {held}."
    ]
    groups: dict[str, list[str]] = {name: [] for name in (*GROUPS, OTHERS)}
    for name, dimension in space.items():
        groups[group_of(name)] += _lines(name, dimension, extended, 1)
    for name, inside in groups.items():
        if inside:
            lines += ["", name, *inside]
    return "\n".join(lines)


def _lines(name: str, dimension: Dimension, extended: bool, depth: int) -> list[str]:
    """Writes a dimension; below a part a line for all members that have the same dimensions."""
    own = []
    if extended or _is_searched(dimension):
        own.append(_line(name, describe_dimension(dimension), depth))
    if not isinstance(dimension, Part):
        return own
    alike: dict[tuple[str, ...], list[str]] = {}
    for member in dimension.names():
        inside = tuple(_inside(dimension.space_of(member), extended, depth + 1))
        if inside:
            alike.setdefault(inside, []).append(member)
    for (said, *below), members in alike.items():
        own += [_line(", ".join(members), said, depth + 1), *below]
    return own


def _inside(dimensions: Mapping[str, Dimension], extended: bool, depth: int) -> list[str]:
    """Writes the dimensions of a member: values on one line, its own parts on lines below."""
    values, parts = [], []
    for name, dimension in dimensions.items():
        if isinstance(dimension, Part):
            parts += _lines(name, dimension, extended, depth + 1)
        elif extended or _is_searched(dimension):
            values.append(f"{name} {describe_dimension(dimension, default=False)}")
    return ["; ".join(values), *parts] if values or parts else []


def _line(label: str, said: str, depth: int) -> str:
    return f"{'  ' * depth + label:<{_NAME_WIDTH}}  {said}".rstrip()


def describe_dimension(dimension: Dimension, default: bool = True) -> str:
    """Writes what a dimension may be: `32 to 256 by 32, default 64`.

    Args:
        dimension: Choice, Int, Float or Part.
        default: whether to name the default where it is not the first value.
    """
    if isinstance(dimension, Part):
        return _listed(dimension.names(), dimension.first() if default else None)
    if isinstance(dimension, Choice):
        return _listed(dimension.values, dimension.default if default else None)
    said = f"{dimension.low:g} to {dimension.high:g}"
    if dimension.log:
        said += ", log scale"
    elif dimension.step not in (None, 1):
        said += f" by {dimension.step:g}"
    return f"{said}, default {dimension.default:g}" if default else said


def _listed(values: Iterable, default: object) -> str:
    values = list(values)
    said = ", ".join(map(_word, values))
    if default is None or len(values) == 1 or values[0] == default:
        return said
    return f"{said}; default {_word(default)}"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_searched(dimension: Dimension) -> bool:
    if isinstance(dimension, Part):
        return len(dimension.names()) > 1
    if isinstance(dimension, Int | Float):
        return dimension.low < dimension.high
    return len(dimension.values) > 1
