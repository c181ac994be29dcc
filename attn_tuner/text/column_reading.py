"""Reads the chosen columns of a table: texts joined, labels, and what stands beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import is_blank, short_repr
from attn_tuner.text.columns.table_rows import taken_rows
from attn_tuner.text.loaders.base import COLUMN, LazyTexts, Table
from attn_tuner.text.nested_columns import is_known, values_of

SEPARATOR = " \u00a6 "  # Between joined texts: a broken bar, which hardly any text has.
_FLAGS = {"0": 0, "1": 1, "false": 0, "true": 1, "0.0": 0, "1.0": 1}


class ColumnReader:
    """Reads the chosen columns part by part.

    Args:
        table: all columns of a source.
        texts: columns of text, which are joined.
        labels: columns of labels; several hold 0 or 1 each.
        extras: role to column: weight, group, time.
        features: columns that a model reads beside the text.

    Attributes:
        parts: role to texts and labels.
        extras: role to the values of each extra column.
        unlabelled: texts without labels.
        notes: list of str, sentences on what is not used.
    """

    def __init__(
        self,
        table: Table,
        texts: list,
        labels: list,
        extras: Mapping,
        features: Sequence[str] = (),
    ):
        self.table, self.texts, self.labels, self.columns = table, texts, labels, extras
        self.features = features
        self.parts: dict[str, tuple[Sequence, Sequence]] = {}
        self.extras: dict[str, dict[str, Sequence]] = {}
        self.unlabelled: Sequence = []
        self.notes: list[str] = []

    def part(self, role: str, columns: Mapping) -> None:
        """Reads one part."""
        if role == "unlabelled":
            self.unlabelled = self._lazy(columns)
            return
        missing = [each for each in (*self.texts, *self.labels) if not is_known(columns, each)]
        if missing:
            self.notes.append(
                f"The {role} part of {self.table.name} has no column '{missing[0]}' and is not "
                "used."
            )
            return
        texts = join_texts([values_of(columns, each) for each in self.texts])
        labels = self._labels(columns)
        rows = None
        if not self.labels[1:] and self.labels[0] in self.table.class_names:
            rows = self._with_label(role, labels)
        if rows is not None:
            texts, labels = [texts[row] for row in rows], [labels[row] for row in rows]
        if not len(labels) and self.parts:
            return
        self.parts[role] = texts, labels
        self.extras[role] = {
            extra: _taken(values_of(columns, column), rows)
            for extra, column in self.columns.items()
            if is_known(columns, column)
        }
        if self.features:
            beside = taken_rows(self.table.name, role, columns, self.features)
            self.extras[role][COLUMN] = _taken(beside, rows)

    def _lazy(self, columns: Mapping) -> LazyTexts:
        counted = getattr(columns, "rows", None)
        first = self.texts[0]
        count = len(values_of(columns, first)) if counted is None else counted
        return LazyTexts(
            count, lambda: join_texts([values_of(columns, each) for each in self.texts])
        )

    def _labels(self, columns: Mapping) -> Sequence:
        if not self.labels[1:]:
            return values_of(columns, self.labels[0])
        read = [
            [_flag(self.table.name, name, value) for value in values_of(columns, name)]
            for name in self.labels
        ]
        return [None if None in row else list(row) for row in zip(*read, strict=True)]

    def _with_label(self, role: str, labels: Sequence) -> list[int] | None:
        """Returns the rows with a label: public test parts may have hidden ones, written as -1."""
        whole = (bool, np.bool_)
        hidden = {
            row
            for row, label in enumerate(labels)
            if isinstance(label, int | np.integer) and not isinstance(label, whole) and label < 0
        }
        if not hidden:
            return None
        self.notes.append(f"{len(hidden):,} rows of {self.table.name} ({role}) have no label.")
        return [row for row in range(len(labels)) if row not in hidden]


def join_texts(columns: list[Sequence]) -> list:
    """Joins the texts of several columns row by row; None where all of a row are missing."""
    if len(columns) == 1:
        return list(columns[0])
    return [
        None
        if all(map(is_blank, row))
        else SEPARATOR.join("" if is_blank(each) else _as_text(each) for each in row)
        for row in zip(*columns, strict=True)
    ]


def _as_text(value: Any) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _flag(name: str, column: Any, value: Any) -> int | None:
    """Returns 0 or 1; None if the value is missing."""
    if is_blank(value):
        return None
    flag = _FLAGS.get(_as_text(value).strip().lower())
    if flag is None:
        raise DataError(
            f"Column '{column}' of {name} holds {short_repr(value)}. Each of several label "
            "columns should hold 0 or 1. For one column of names give label= that name alone."
        )
    return flag


def _taken(values: Any, rows: Any) -> Sequence:
    return values if rows is None else [values[row] for row in rows]
