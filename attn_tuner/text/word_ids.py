"""Turns lists of word ids, as `keras.datasets.imdb` gives them, back into texts."""

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import short_repr

# Of `keras.datasets`: 0 is padding, 1 the start, 2 an unknown word; words begin after 3.
_START, _FIRST = 1, 3


def are_ids(values: Sequence) -> bool:
    """Checks for lists of whole numbers in the place of texts."""
    rows = [row for row in values if not isinstance(row, str | bytes)]
    if not len(values) or len(rows) < len(values):
        return False
    listed = (list, tuple, np.ndarray)
    if not all(isinstance(row, listed) and getattr(row, "ndim", 1) == 1 for row in rows):
        return False
    return all(
        isinstance(each, numbers.Integral) and not isinstance(each, bool)
        for row in rows
        for each in row
    )


def decode_ids(
    values: Sequence, word_index: Mapping[str, int] | None, where: str
) -> tuple[list[str], str]:
    """Returns the texts of lists of ids, and a sentence on how they were decoded.

    If every list begins with 1, ids are those of `keras.datasets.imdb.load_data()`, which are 3
    more than in its word index. Otherwise they are those of the index, as a Keras `Tokenizer`
    gives them. Ids that are no word are left out.

    Args:
        values: lists of ids.
        word_index: mapping of word to id.
        where: str, name of the source in messages.

    Raises:
        DataError: there is no word index, or it holds none of the ids.
    """
    if word_index is None:
        raise DataError(
            f"The texts of {where} are lists of ids. Give the words that they stand for: "
            "word_index=keras.datasets.imdb.get_word_index()."
        )
    rows = [[int(each) for each in row] for row in values]
    begun = [next((each for each in row if each), _START) for row in rows]
    offset = _FIRST if all(each == _START for each in begun) else 0
    words = {int(index) + offset: str(word) for word, index in word_index.items()}
    texts = [" ".join(words[each] for each in row if each in words) for row in rows]
    ids, known = sum(map(len, rows)), sum(each in words for row in rows for each in row)
    if ids and not known:
        raise DataError(f"word_index has none of the ids of {where}. Give the index they are of.")
    shifted = f", shifted by {offset} as keras.datasets does" if offset else ""
    return texts, (
        f"The ids of {where} were turned into words{shifted}; {ids - known:,} of {ids:,} ids are "
        "no word and were left out."
    )


def check_word_index(name: str, value: Any) -> Mapping[str, int] | None:
    """Returns a mapping of word to id, or None.

    Raises:
        DataError: it is something else.
    """
    good = isinstance(value, Mapping) and all(
        isinstance(index, numbers.Integral) and not isinstance(index, bool)
        for index in value.values()
    )
    if value is not None and not (good and len(value)):
        raise DataError(
            f"{name} is {short_repr(value)}. It should map words to ids, as "
            "keras.datasets.imdb.get_word_index() does."
        )
    return value
