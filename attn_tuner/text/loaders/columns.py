"""Reads plain Python objects: a dict of columns, or a list of rows."""

from collections.abc import Mapping
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import RawData, choose_columns, loaders
from attn_tuner.text.loaders.sequences import records_to_rows, to_list


@loaders.register("columns")
class ColumnsLoader:
    """Takes `{"text": texts, "label": labels}`, a list of `(text, label)` pairs or of dicts."""

    def accepts(self, source: Any) -> bool:
        if isinstance(source, Mapping):
            return True
        if not isinstance(source, list) or not source:
            return False
        return all(isinstance(row, Mapping) for row in source) or all(map(_is_pair, source))

    def read(self, source: Any, text: str | None = None, label: str | None = None) -> RawData:
        if isinstance(source, Mapping):
            name = "the dict"
            text, label = choose_columns(name, source, text, label)
            parts = (
                to_list(source[text], f"column '{text}'"),
                to_list(source[label], f"column '{label}'"),
            )
            names = getattr(source[label], "columns", ())
            return RawData(name, {"train": parts}, tuple(map(str, names)) or None)
        name = "the list"
        if isinstance(source[0], Mapping):
            columns, rows = records_to_rows(name, source, "Entry")
            text, label = choose_columns(name, columns, text, label)
            at = columns.index(text), columns.index(label)
            return RawData(name, {"train": tuple([row[k] for row in rows] for k in at)})
        if text is not None or label is not None:
            raise DataError("A list of pairs has no columns to name: leave out text= and label=.")
        texts, labels = (list(each) for each in zip(*source, strict=True))
        return RawData(name, {"train": (texts, labels)})


def _is_pair(row) -> bool:
    return isinstance(row, tuple | list) and len(row) == 2 and isinstance(row[0], str | bytes)
