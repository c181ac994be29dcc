"""Reads a pandas DataFrame with a column of texts and one of labels."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from attn_tuner.text.loaders.base import ReadOptions, Table, distinct_columns, loaders

_NAME = "the DataFrame"


@loaders.register("dataframe")
class DataFrameLoader:
    """Takes a pandas DataFrame; columns are named, or guessed if obvious."""

    def accepts(self, source: Any) -> bool:
        return is_pandas(source)

    def read(self, source: Any, options: ReadOptions) -> Table:
        distinct_columns(_NAME, source.columns)
        return Table(_NAME, {"train": _Columns(source)})


class _Columns(Mapping):
    """The columns of a DataFrame, converted to lists when they are read."""

    def __init__(self, frame: Any):
        self._frame = frame

    def __getitem__(self, name: Any) -> list:
        found = self._frame[name]
        # Several columns may have no name; the first of them is taken.
        return (found.iloc[:, 0] if getattr(found, "ndim", 1) == 2 else found).tolist()

    def __iter__(self) -> Iterator:
        return iter(self._frame.columns)

    def __len__(self) -> int:
        return len(self._frame.columns)


def is_pandas(source: Any) -> bool:
    """Checks for a pandas DataFrame without importing pandas."""
    pandas = sys.modules.get("pandas")  # A frame exists only once pandas is imported.
    return pandas is not None and isinstance(source, pandas.DataFrame)
