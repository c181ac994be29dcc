"""Holds a part of a data set row by row before its labels are known, without missing values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import is_blank, is_missing_label
from attn_tuner.text.labels import guess_task
from attn_tuner.text.loaders.base import COLUMN, ReadOptions
from attn_tuner.text.row_values import parse_groups, parse_times, parse_weights
from attn_tuner.text.word_ids import are_ids, decode_ids

_PARSERS: dict[str, Callable] = {
    "weight": parse_weights,
    "group": parse_groups,
    "time": parse_times,
    COLUMN: lambda rows, where: list(rows),
}


@dataclass(frozen=True)
class RawPart:
    """Texts, labels and further values of one part, as they came.

    Args:
        where: str, name of the part in messages.
        texts: sequence of str or bytes.
        labels: sequence of equal length.
        extras: mapping of "weight", "group", "time" and "column", as far as they are there, to
            values.
        rows: `(texts,)` int64, where each stands in the source; all of its rows if None.
    """

    where: str
    texts: Sequence
    labels: Sequence
    extras: Mapping[str, Sequence]
    rows: np.ndarray | None = None

    def take(self, rows: Sequence[int]) -> "RawPart":
        """Returns some of the rows."""
        extras = {name: [values[row] for row in rows] for name, values in self.extras.items()}
        texts, labels = ([values[row] for row in rows] for values in (self.texts, self.labels))
        kept = self._rows()[np.asarray(rows, np.int64)]
        return replace(self, texts=texts, labels=labels, extras=extras, rows=kept)

    def _rows(self) -> np.ndarray:
        return np.arange(len(self.texts)) if self.rows is None else self.rows

    def arrays(self) -> dict[str, Any]:
        """Returns weights, groups, times, columns and rows as `Split` takes them.

        Raises:
            DataError: a value is missing, or not of its kind.
        """
        parsed = {
            f"{name}s": _PARSERS[name](values, self.where) for name, values in self.extras.items()
        }
        return {**parsed, "rows": self._rows()}


def checked_part(
    where: str,
    part: tuple[Sequence, Sequence],
    extras: Mapping[str, Sequence],
    options: ReadOptions,
    task: str | None,
    drop_missing: bool,
) -> tuple[RawPart, list[str]]:
    """Returns a part without missing texts, and sentences.

    An empty cell, None, NaN and a string of spaces are all missing. Labels are checked where they
    are parsed, unless rows without them are dropped; with several labels per text, a missing label
    is a text without any.

    Args:
        where: str, name of the part in messages.
        part: texts and labels.
        extras: mapping of name to further values.
        options: how sources are read.
        task: name of the task if it was said.
        drop_missing: whether rows with a missing value are left out.

    Raises:
        DataError: it has no rows, or texts and labels differ in number, or texts are missing.
    """
    texts, labels = part
    lengths = {"labels": len(labels), **{f"{name}s": len(each) for name, each in extras.items()}}
    for name, length in lengths.items():
        if length != len(texts):
            raise DataError(
                f"The numbers of texts and {name} of {where} differ: {len(texts):,} and "
                f"{length:,}. Each text needs one {name.removesuffix('s')}."
            )
    if len(texts) == 0:
        raise DataError(f"{where} holds no rows. It needs texts with their labels.")
    notes = []
    if are_ids(texts):
        texts, note = decode_ids(texts, options.word_index, where)
        notes.append(note)
    found = RawPart(where, texts, labels, extras)
    missing = {row for row, text in enumerate(texts) if is_blank(text)}
    if drop_missing:
        present = [label for label in labels if not is_missing_label(label)]
        if task != "multilabel" and (task or guess_task(present)) != "multilabel":
            missing |= {row for row, label in enumerate(labels) if is_missing_label(label)}
        for values in extras.values():
            missing |= {row for row, value in enumerate(values) if is_blank(value)}
        if missing:
            notes.append(
                f"Rows of {where} without text or label were left out: {len(missing):,} of "
                f"{len(texts):,}."
            )
            found = found.take([row for row in range(len(texts)) if row not in missing])
            if not len(found.texts):
                raise DataError(f"All rows of {where} miss a text or a label.")
    elif missing:
        raise DataError(
            f"{len(missing):,} of {len(texts):,} rows of {where} have no text; the first is row "
            f"{min(missing) + 1}. Fill them in, or leave such rows out with drop_missing=True."
        )
    return found, notes
