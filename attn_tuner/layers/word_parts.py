"""Looks up the parts of words by the ids of the words; see `text.subwords`."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from attn_tuner.layers.types import Tensor
from attn_tuner.text.subwords import NOTHING, PartTables


def fixed_tables(
    layer: keras.layers.Layer, words: int, parts: int, beginnings: int, ends: int, affix_parts: int
) -> tuple[keras.Variable, keras.Variable, keras.Variable]:
    """Adds weights to a layer, not trained, for the buckets of words, beginnings and ends.

    Args:
        layer: the layer.
        words: number of words.
        parts: buckets of a word at most.
        beginnings, ends: their numbers, none included.
        affix_parts: buckets of a beginning or an end at most.
    """

    def fixed(name: str, rows: int, columns: int) -> keras.Variable:
        return layer.add_weight(
            name=name, shape=(rows, columns), dtype="int32", initializer="zeros", trainable=False
        )

    return (
        fixed("word_parts", words, parts),
        fixed("beginning_parts", beginnings, affix_parts),
        fixed("end_parts", ends, affix_parts),
    )


def hold_tables(own: Sequence[keras.Variable], tables: PartTables) -> None:
    """Sets the weights that `fixed_tables` added."""
    for variable, given in zip(own, (tables.words, tables.beginnings, tables.ends), strict=True):
        variable.assign(given)


def table_sizes(tables: PartTables) -> dict[str, Any]:
    """Returns the sizes of the tables: arguments of `fixed_tables`."""
    words, parts = map(int, tables.words.shape)
    ends, affix_parts = map(int, tables.ends.shape)
    return {
        "words": words,
        "parts": parts,
        "beginnings": len(tables.beginnings),
        "ends": ends,
        "affix_parts": affix_parts,
    }


def part_buckets(ids: Tensor, words: Tensor, beginnings: Tensor, ends: Tensor) -> Tensor:
    """Returns the buckets of each id, `(..., parts)`, -1 behind the last.

    Args:
        ids: int32; from the number of words on an id stands for a beginning and an end.
        words: `(words, parts)` buckets.
        beginnings: `(beginnings, affix parts)`.
        ends: `(ends, affix parts)`.
    """
    of_words = ops.take(words, ops.minimum(ids, words.shape[0] - 1), axis=0)
    code = ops.maximum(ids - words.shape[0], 0)
    of_others = ops.concatenate(
        [
            ops.take(beginnings, code // ends.shape[0], axis=0),
            ops.take(ends, code % ends.shape[0], axis=0),
        ],
        axis=-1,
    )
    missing = words.shape[1] - of_others.shape[-1]
    padding = [(0, 0)] * (len(ids.shape)) + [(0, missing)]
    of_others = ops.pad(of_others, padding, constant_values=NOTHING)
    return ops.where((ids < words.shape[0])[..., None], of_words, of_others)
