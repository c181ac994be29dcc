"""Groups validation texts by columns of the table that they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.reporting.hard_groups import LEAST
from attn_tuner.storage.run import Run
from attn_tuner.text.cleaning import is_blank
from attn_tuner.text.input_texts import InputTexts, read_texts
from attn_tuner.text.nested_columns import check_known, values_of

MOST_VALUES = 50  # Of a column, the most frequent.


@dataclass(frozen=True)
class Slices:
    """Columns by which a report groups texts.

    Args:
        columns: their names.
        table: the table that has them, as `search` was given it, or another with the same texts;
            that of the search if None.
    """

    columns: tuple[str, ...] = ()
    table: Any = None


NO_SLICES = Slices()


def sliced(run: Run, texts: Sequence[str], slices: Slices) -> dict[str, np.ndarray]:
    """Groups texts by the values of columns: name of a group to `(texts,)` bool.

    A text is looked up in the table by what it says; one that stands in several rows has the values
    of the first. Values that fewer than `hard_groups.LEAST` texts have make no group.

    Args:
        run: of the search.
        texts: validation texts.
        slices: the columns.

    Raises:
        DataError: the table is not there, lacks a column, or has none of the texts.
    """
    if not slices.columns:
        return {}
    source = _table_of(run) if slices.table is None else slices.table
    given = read_texts(source, None, "report()", run.plan.text_columns)
    for name in slices.columns:
        check_known("the table", given.columns, name)
    rows = _rows_of(texts, given)
    found: dict[str, np.ndarray] = {}
    for name in slices.columns:
        found |= _by_value(name, values_of(given.columns, name), rows)
    return found


def _table_of(run: Run) -> str | PathLike:
    asked = run.plan.asked.get("data")
    if not isinstance(asked, str) or not Path(asked).is_file():
        raise DataError(
            f"The search in {run.directory} was not given a table that can be read again. Give one "
            "with the same texts (table=, --table)."
        )
    return asked


def _rows_of(texts: Sequence[str], given: InputTexts) -> np.ndarray:
    """Finds the row of each text, -1 where there is none."""
    places: dict[str, int] = {}
    for row, text in enumerate(given.texts):
        places.setdefault(text, row)
    rows = np.array([places.get(text, -1) for text in texts], np.int64)
    if len(rows) and (rows < 0).all():
        raise DataError(
            "The table has none of the validation texts of the search. Give the table that the "
            "search was given (table=, --table)."
        )
    return rows


def _by_value(name: str, values: Sequence, rows: np.ndarray) -> Mapping[str, np.ndarray]:
    said = np.array(
        ["" if row < 0 or is_blank(values[row]) else str(values[row]) for row in rows.tolist()],
        object,
    )
    known = said[said != ""]
    shown, counts = np.unique(known, return_counts=True) if len(known) else ((), np.zeros(0))
    order = np.argsort(-counts, kind="stable")[:MOST_VALUES]
    return {
        f"texts with {name} = {shown[place]}": said == shown[place]
        for place in order
        if counts[place] >= LEAST
    }
