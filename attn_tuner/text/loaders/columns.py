"""Reads plain Python objects: a dict of columns, or a list of rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import RawData, ReadOptions, Table, loaders
from attn_tuner.text.loaders.parts import are_parts
from attn_tuner.text.loaders.sequences import records_to_rows, to_list


@loaders.register("columns")
class ColumnsLoader:
    """Takes `{"text": texts, "label": labels}`, a list of `(text, label)` pairs or of dicts."""

    def accepts(self, source: Any) -> bool:
        if isinstance(source, Mapping):
            return not are_parts(source)
        return are_rows(source)

    def read(self, source: Any, options: ReadOptions) -> Table | RawData:
        if isinstance(source, Mapping):
            names = {name: _names(values) for name, values in source.items()}
            known = {name: found for name, found in names.items() if found}
            return Table("the dict", {"train": _Columns(source)}, known)
        if isinstance(source[0], Mapping):
            return Table.of_rows("the list", *records_to_rows("the list", source, "Entry"))
        if options.text is not None or options.label is not None:
            raise DataError("A list of pairs has no columns to name: leave out text= and label=.")
        texts, labels = (list(each) for each in zip(*source, strict=True))
        return RawData("the list", {"train": (texts, labels)})


class _Columns(Mapping):
    """The columns of a dict, each checked and converted when it is read."""

    def __init__(self, columns: Mapping):
        self._columns = columns

    def __getitem__(self, name: Any) -> list:
        return to_list(self._columns[name], f"column '{name}'")

    def __iter__(self) -> Iterator:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def are_rows(source: Any) -> bool:
    """Checks for a list of records or of `(text, label)` pairs."""
    if not isinstance(source, list) or not source:
        return False
    return all(isinstance(row, Mapping) for row in source) or all(map(_is_pair, source))


def _is_pair(row: Any) -> bool:
    return isinstance(row, tuple | list) and len(row) == 2 and isinstance(row[0], str | bytes)


def _names(values: Any) -> tuple[str, ...]:
    """Returns the names of the columns of a DataFrame of labels."""
    names = getattr(values, "columns", ())
    return tuple(map(str, names)) if len(names) > 1 else ()
