"""Reads a finite iterator or iterable of pairs, batches or records."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.loaders import sequences
from attn_tuner.text.loaders.base import RawData, ReadOptions, Table, loaders
from attn_tuner.text.loaders.dataframe import is_pandas
from attn_tuner.text.loaders.hugging_face import class_names, is_hugging_face
from attn_tuner.text.loaders.other_frames import is_other_frame
from attn_tuner.text.loaders.sequences import endless_error, records_to_rows, to_list

_OTHERS = (str, bytes, bytearray, Path, Mapping, list, tuple, set, frozenset, np.ndarray)
_MARKS = ("to_numpy", "numpy", "element_spec")  # Of columns, tensors and tf.data.


@loaders.register("iterators")
class IteratorsLoader:
    """Takes a generator, `zip(texts, labels)`, a PyTorch Dataset or DataLoader, ...

    Its elements are `(text, label)`, `(text, label, weight)`, batches of these, or dicts.
    """

    def accepts(self, source: Any) -> bool:
        if isinstance(source, (*_OTHERS, type)) or any(hasattr(source, mark) for mark in _MARKS):
            return False
        if is_pandas(source) or is_hugging_face(source) or is_other_frame(source):
            return False
        return hasattr(source, "__iter__") or _is_indexed(source)

    def read(self, source: Any, options: ReadOptions) -> Table | RawData:
        name = f"the {type(source).__name__}"
        elements = list(islice(_each(source), sequences.MAX_VALUES + 1))
        if len(elements) > sequences.MAX_VALUES:
            raise endless_error(name, sequences.MAX_VALUES)
        if elements and all(isinstance(each, Mapping) for each in elements):
            rows = records_to_rows(name, elements, "Element")
            return Table.of_rows(name, *rows, class_names=class_names(source))
        texts: list = []
        labels: list = []
        weights: list = []
        for number, element in enumerate(elements, start=1):
            if not isinstance(element, tuple | list) or len(element) not in (2, 3):
                raise DataError(
                    f"Element {number} of {name} is a {type(element).__name__}. Each should be a "
                    "pair (text, label), or a dict of columns."
                )
            if isinstance(element[0], str | bytes):
                element = [[each] for each in element]
            more = [to_list(each, f"a batch of {name}") for each in element]
            texts += more[0]
            labels += more[1]
            weights += more[2] if len(more) == 3 else [1.0] * len(more[0])
        extras = {"train": {"weight": weights}} if any(w != 1.0 for w in weights) else {}
        return RawData(name, {"train": (texts, labels)}, extras=extras)


def _is_indexed(source: Any) -> bool:
    """Checks for a data set that is read by position, as one of PyTorch."""
    return hasattr(source, "__len__") and hasattr(source, "__getitem__")


def _each(source: Any) -> Iterator:
    if hasattr(source, "__iter__"):
        return iter(source)
    return (source[place] for place in range(len(source)))
