"""Writes the table in which a person corrects labels."""

import csv
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from attn_tuner.checking.label_errors import LabelError
from attn_tuner.errors import DataError
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.text.corrections import CORRECT, LABEL, PART, ROW, TEXT, cell

SUGGESTED, PROBABILITY = "suggested", "probability"
COLUMNS = (PART, ROW, TEXT, LABEL, SUGGESTED, PROBABILITY, CORRECT)


def check_table_path(
    path: str | PathLike,
    table: str = "table of labels",
    work: str = "labels may have been corrected in it",
) -> None:
    """Checks that a table to be filled in can be written, before any other work is done.

    Args:
        path: the file.
        table: str, name of the table in messages.
        work: str, what a person may have done in a table that exists.

    Raises:
        DataError: it is no .csv file, its folder is missing, or it exists and might be filled in.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise DataError(f"The {table} is a .csv file; got {path}.")
    if not path.parent.is_dir():
        raise DataError(f"{path} is in a folder that does not exist. Choose another name.")
    if path.exists():
        raise DataError(f"{path} exists, and {work}. Choose another name, or remove it.")


def write_correction_table(path: str | Path, errors: Sequence[LabelError]) -> None:
    """Writes suspicious labels into a table, the worst first, with an empty column `correct`.

    Args:
        path: a .csv file that does not exist yet.
        errors: the labels.

    Raises:
        DataError: as for `check_table_path`.
    """
    check_table_path(path)
    rows = [
        (
            each.place.part,
            each.place.row,
            cell(each.text),
            cell(each.label),
            cell(each.suggested),
            f"{each.probability:.3f}",
            "",
        )
        for each in errors
    ]

    write_table(path, [COLUMNS, *rows])


def write_table(path: str | PathLike, rows: Iterable[Sequence[Any]]) -> None:
    """Writes rows into a .csv file that a spreadsheet reads; the first names the columns."""

    def write(file: Path) -> None:
        # With its mark, a spreadsheet takes the file for UTF-8.
        with open(file, "w", encoding="utf-8-sig", newline="") as opened:
            csv.writer(opened, lineterminator="\n").writerows(rows)

    write_whole(Path(path), write)
