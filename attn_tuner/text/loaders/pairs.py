"""Reads lists and arrays in memory: `(texts, labels)`."""

import numbers
from collections.abc import Sequence
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import RawData, ReadOptions, loaders
from attn_tuner.text.loaders.columns import are_rows
from attn_tuner.text.loaders.sequences import column_names, to_list

_NAME = "the given texts"
_ORDER = "(texts, labels, test texts, test labels)"


@loaders.register("pairs")
class PairsLoader:
    """Takes `(texts, labels)`, lists, Series or arrays; `(texts, labels, weights)` as well.

    Labels with several columns, an array or a DataFrame, are 0/1 rows: one-hot rows are classes,
    others several labels per text. Two such pairs are a training and a test part, as Keras' data
    sets return them; three have a validation part between. `(x, y, x_test, y_test)` is the same.
    """

    def accepts(self, source: Any) -> bool:
        if isinstance(source, tuple):
            return len(source) in (2, 3, 4)
        listed = isinstance(source, list) and len(source) in (2, 4)
        return listed and not are_rows(source) and all(map(_is_several, source))

    def read(self, source: Any, options: ReadOptions) -> RawData:
        if len(source) in (2, 3) and all(_is_part(part) for part in source):
            return _parts(source)
        if len(source) == 3:
            weights = {"train": {"weight": to_list(source[2], "the weights")}}
            part = {"train": _part(source[:2])}
            return RawData(_NAME, part, column_names(source[1]), extras=weights)
        if len(source) == 4:
            return _four([to_list(each, _ORDER) for each in source], source)
        return RawData(_NAME, {"train": _part(source)}, column_names(source[1]))


def _parts(pairs: Sequence, notes: tuple[str, ...] = ()) -> RawData:
    roles = ("train", "test") if len(pairs) == 2 else ("train", "validation", "test")
    parts = {role: _part(pair) for role, pair in zip(roles, pairs, strict=True)}
    return RawData(_NAME, parts, column_names(pairs[0][1]), notes=notes)


def _four(values: list[list], source: Sequence) -> RawData:
    """Reads four sequences, also in the order of scikit-learn's `train_test_split`."""
    lengths = [len(each) for each in values]
    paired = lengths[0] == lengths[1] and lengths[2] == lengths[3]
    crossed = lengths[0] == lengths[2] and lengths[1] == lengths[3]
    if not paired and not crossed:
        raise DataError(
            f"Four sequences were given, of {', '.join(f'{each:,}' for each in lengths)} entries. "
            f"Give {_ORDER}."
        )
    if paired and crossed:
        paired = _distinct(values[2]) >= _distinct(values[1])
    if paired:
        return _parts((source[:2], source[2:]))
    note = "Four sequences were read as (texts, test texts, labels, test labels)."
    return _parts(((source[0], source[2]), (source[1], source[3])), (note,))


def _distinct(values: Any) -> int:
    """Counts distinct strings, of which texts have more than labels."""
    return len({each for each in values if isinstance(each, str | bytes)})


def _is_part(part: Any) -> bool:
    """Checks for texts and labels, rather than two texts or two labels."""
    if not isinstance(part, tuple | list) or len(part) != 2:
        return False
    return all(map(_is_several, part)) and (
        isinstance(part, tuple) or all(len(each) != 1 for each in part)
    )


def _is_several(values: Any) -> bool:
    # An array of no dimension has a length by its type, and refuses to say it.
    sized = hasattr(values, "__len__") and getattr(values, "ndim", 1) > 0
    return sized and not isinstance(values, str | bytes)


def _part(pair: Any) -> tuple[list, list]:
    texts, labels = to_list(pair[0], "the texts"), to_list(pair[1], "the labels")
    if texts and labels and all(map(_is_number, texts)) and not any(map(_is_number, labels)):
        raise DataError(
            f"The first of the two holds numbers, such as {texts[0]}. Give (texts, labels), the "
            "texts first."
        )
    return texts, labels


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Number)
