"""Reads a table of corrected labels, and corrects the labels of a data set by it.

`attn_tuner.check` writes such a table, with an empty column `correct`; a person fills it in.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.registry import unknown
from attn_tuner.tasks import Task
from attn_tuner.text.cleaning import is_blank, reads_as_number, short_repr
from attn_tuner.text.dataset import Split
from attn_tuner.text.label_spellings import as_classes
from attn_tuner.text.loaders.base import ReadOptions
from attn_tuner.text.loaders.files import read_table

PART, ROW, TEXT, LABEL, CORRECT = "part", "row", "text", "label", "correct"
NEEDED = (PART, ROW, TEXT, CORRECT)
_LONGEST = 1_000  # Characters of a text in the table: spreadsheets cut long cells.
_FORMULA = ("=", "+", "-", "@")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Correction:
    """A label to be corrected.

    Args:
        part: str, part of the source that the text is in.
        row: int, its row there, the first 0.
        text: str, the text as the table shows it, see `cell`.
        label: str, name of its class from now on.
    """

    part: str
    row: int
    text: str
    label: str


def cell(text: str) -> str:
    """Returns a text as a table shows it: one line, at most 1,000 characters, never a formula.

    A spreadsheet runs a cell that begins like a formula, so that one gets an apostrophe in front.
    """
    line = " ".join(_CONTROL.sub(" ", text[: 4 * _LONGEST]).split())
    formula = line.startswith(_FORMULA) and not reads_as_number(line)
    return (f"'{line}" if formula else line)[:_LONGEST].rstrip()


def read_corrections(path: str | Path) -> list[Correction]:
    """Reads the rows of a table whose column `correct` is filled in.

    Args:
        path: a .csv, .tsv, .xlsx, .jsonl or .parquet file.

    Raises:
        DataError: it is no such table, or no row is filled in.
    """
    columns = read_table(path, ReadOptions(header=True)).parts["train"]
    absent = [name for name in NEEDED if name not in columns]
    if absent:
        raise DataError(
            f"{path} has no column '{absent[0]}'. Give the table that `attn-tuner check DATA --fix "
            f"{Path(path).name}` writes, with the right labels in its column '{CORRECT}'."
        )
    found = list(_filled_in(columns, str(path)))
    if not found:
        raise DataError(
            f"No label is corrected in {path}: its column '{CORRECT}' is empty. Write the right "
            "label there, in each row that has a wrong one."
        )
    return found


def _filled_in(columns: Mapping[str, Sequence], path: str) -> Iterator[Correction]:
    rows = zip(*(columns[name] for name in NEEDED), strict=True)
    for number, (part, row, text, correct) in enumerate(rows, start=1):
        if is_blank(correct):
            continue
        try:
            place = int(row) - 1
        except (TypeError, ValueError, OverflowError):
            place = -1
        if place < 0:
            raise DataError(
                f"Line {number} of {path} says that its text is in row {short_repr(row)}; it "
                "should be a whole number from 1 up."
            )
        yield Correction(str(part), place, "" if is_blank(text) else str(text), correct)


def corrected(
    splits: Mapping[str, Split], classes: Sequence[str], path: str | Path, name: str, task: Task
) -> tuple[dict[str, Split], str]:
    """Corrects labels, and returns the splits with a sentence on how many.

    Args:
        splits: role in the source to `Split`, with rows.
        classes: class names by index.
        path: the table.
        name: str, name of the data in messages.
        task: of the data.

    Raises:
        DataError: the table belongs to other data, corrects a text twice, or names a class that
            the data do not have; or the data have several labels per text, or numbers.
    """
    if task.kind != "class":
        raise DataError(
            f"corrections is for data with one class per text, and {name} is {task.name}. Leave it "
            "out."
        )
    index = {cell(each): number for number, each in enumerate(classes)}
    labels = {role: split.labels.copy() for role, split in splits.items()}
    places = {role: _places(split) for role, split in splits.items()}
    done: dict[tuple[str, int], str] = {}
    changed = 0
    for each in read_corrections(path):
        at = places.get(each.part, {}).get(each.row)
        if at is None or cell(splits[each.part].texts[at]) != cell(each.text):
            raise DataError(
                f"{path} does not belong to {name} as it is now: row {each.row + 1} of its part "
                f"'{each.part}' has another text, or none. Check the data again with --fix, and "
                "correct the new table."
            )
        label = cell(as_classes([each.label], index, str(path))[0])
        if label not in index:
            raise DataError(unknown(f"class of {name}", label, classes))
        if done.setdefault((each.part, at), label) != label:
            raise DataError(
                f"{path} corrects row {each.row + 1} of part '{each.part}' twice, to '{label}' and "
                f"'{done[each.part, at]}'. Leave one out."
            )
        changed += int(labels[each.part][at] != index[label])
        labels[each.part][at] = index[label]
    note = f"{changed:,} labels were corrected by {Path(path).name}."
    return {role: replace(split, labels=labels[role]) for role, split in splits.items()}, note


def _places(split: Split) -> dict[int, int]:
    """Returns the place in a split of each row of the source."""
    rows = np.arange(len(split)) if split.rows is None else split.rows
    return {row: place for place, row in enumerate(rows.tolist())}
