"""Answers to texts as a file: the table that the texts came from, and a column of answers."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from attn_tuner.errors import DataError
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.text.input_texts import InputTexts

ANSWER, SURE = "prediction", "probability"
TEXT = "text"  # The column of texts that came without a table.


def check_out(path, source=None, kinds: Sequence[str] = ()):
    """Refuses a file of answers that could not be written, before any work is done for it.

    Args:
        path: where to; None for nowhere.
        source: what the texts are read from, which is not to be overwritten.
        kinds: endings that will do; all of `_WRITERS` if not given.

    Raises:
        DataError: it has another ending, stands in no folder, is a folder or is the source.
    """
    if path is None:
        return
    path, kinds = Path(path), tuple(kinds) or tuple(_WRITERS)
    if path.suffix.lower() not in kinds:
        raise DataError(f"The answers go to a file that ends in {', '.join(kinds)}; got {path}.")
    if path.is_dir() or not path.parent.is_dir():
        state = "is a folder" if path.is_dir() else "lies in a folder that does not exist"
        raise DataError(f"{path}, the file for the answers, {state}. Choose another name.")
    if source is not None and Path(source).exists() and path.exists() and path.samefile(source):
        raise DataError(f"The answers would overwrite {path}, which holds the texts.")


def write_answers(path, given: InputTexts, added: Mapping[str, Sequence]):
    """Writes the given columns and, behind them, the added ones; one whose name is taken gets
    another number.

    Args:
        path: ends in .csv, .tsv, .jsonl or .parquet.
        given: the texts, and their table.
        added: name to values, a value for each text.
    """
    columns = dict(given.columns) or {TEXT: given.texts}
    for name, values in added.items():
        own, number = name, 2
        while own in columns:
            own, number = f"{name}_{number}", number + 1
        columns[own] = list(values)
    write_whole(path, lambda file: _WRITERS[Path(path).suffix.lower()](file, columns))


def columns_of(predictions) -> dict[str, list]:
    """The columns that `results.result.Prediction`s add to a table."""
    added = {ANSWER: [each.label for each in predictions]}
    if any(each.probability is not None for each in predictions):
        added[SURE] = [each.probability for each in predictions]
    return added


def _delimited(delimiter):
    def write(path, columns):
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))

    return write


def _json_lines(path, columns):
    with open(path, "w", encoding="utf-8") as file:
        for row in zip(*columns.values(), strict=True):
            cells = dict(zip(map(str, columns), row, strict=True))
            file.write(json.dumps(cells, ensure_ascii=False, default=str) + "\n")


def _parquet(path, columns):
    import pyarrow
    from pyarrow import parquet

    try:
        table = pyarrow.table({str(name): each for name, each in columns.items()})
        parquet.write_table(table, path)
    except pyarrow.ArrowException as error:
        raise DataError(
            f"The table cannot be written as Parquet: {str(error).splitlines()[0]}. Try .jsonl."
        ) from error


_WRITERS = {
    ".csv": _delimited(","),
    ".tsv": _delimited("\t"),
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
