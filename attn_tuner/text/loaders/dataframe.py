"""Reads a pandas DataFrame with a column of texts and one of labels."""

import sys
from typing import Any

from attn_tuner.text.loaders.base import RawData, choose_columns, loaders


@loaders.register("dataframe")
class DataFrameLoader:
    """Takes a pandas DataFrame; columns are named, or guessed if obvious."""

    def accepts(self, source: Any) -> bool:
        pandas = sys.modules.get("pandas")  # A frame exists only once pandas is imported.
        return pandas is not None and isinstance(source, pandas.DataFrame)

    def read(self, source: Any, text: str | None = None, label: str | None = None) -> RawData:
        name = "the DataFrame"
        text, label = choose_columns(name, source.columns, text, label)
        return RawData(name, {"train": (source[text].tolist(), source[label].tolist())})
