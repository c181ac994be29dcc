"""Reads lists and arrays in memory: `(texts, labels)`."""

from typing import Any

from attn_tuner.text.loaders.base import RawData, loaders
from attn_tuner.text.loaders.sequences import to_list

_NAME = "the given texts"


@loaders.register("pairs")
class PairsLoader:
    """Takes a tuple of texts and labels: lists, Series, or arrays of any string type.

    Labels with several columns, an array or a DataFrame, are 0/1 rows: one-hot rows are classes,
    others several labels per text. A tuple of two such tuples is a training and a test part, as
    Keras' data sets return them.
    """

    def accepts(self, source: Any) -> bool:
        return isinstance(source, tuple) and len(source) == 2

    def read(self, source: Any, text: str | None = None, label: str | None = None) -> RawData:
        if all(_is_part(part) for part in source):
            train, test = map(_part, source)
            names = _names(source[0][1])
            return RawData(_NAME, {"train": train, "test": test}, names)
        return RawData(_NAME, {"train": _part(source)}, _names(source[1]))


def _is_part(part) -> bool:
    """Checks for texts and labels, rather than two texts or two labels."""
    if not isinstance(part, tuple | list) or len(part) != 2:
        return False
    return all(map(_is_several, part)) and (
        isinstance(part, tuple) or all(len(each) != 1 for each in part)
    )


def _is_several(values) -> bool:
    # An array of no dimension has a length by its type, and refuses to say it.
    sized = hasattr(values, "__len__") and getattr(values, "ndim", 1) > 0
    return sized and not isinstance(values, str | bytes)


def _part(pair) -> tuple[list, list]:
    return to_list(pair[0], "the texts"), to_list(pair[1], "the labels")


def _names(labels) -> tuple[str, ...] | None:
    names = getattr(labels, "columns", ())
    return tuple(map(str, names)) if len(names) > 1 else None
