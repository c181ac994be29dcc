"""Writes predictions to a file: the table that the texts came from, with columns added."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attn_tuner.errors import DataError
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.tasks import JOINED
from attn_tuner.text.input_texts import InputTexts

ANSWER, PROBABILITY, SET, KNOWN = "prediction", "probability", "set", "known"
ENDS = ("lower", "upper")  # Of the interval of a number.
TEXT = "text"  # Name of the column where texts came without a table.


def check_output_path(
    path: str | Path | None, source: str | Path | None = None, kinds: Sequence[str] = ()
) -> None:
    """Checks that predictions can be written to a file, before any work is done.

    Args:
        path: the file; None for no file.
        source: the file that the texts are read from, which must not be overwritten.
        kinds: allowed file endings; if not given, all that `write_predictions` can write.

    Raises:
        DataError: the ending is not allowed, the folder does not exist, or the path is a folder or
            the source.
    """
    if path is None:
        return
    path, kinds = Path(path), tuple(kinds) or tuple(_WRITERS)
    if path.suffix.lower() not in kinds:
        raise DataError(f"The file for the predictions must end in {', '.join(kinds)}; got {path}.")
    if path.is_dir() or not path.parent.is_dir():
        state = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise DataError(f"{path}, the file for the predictions, {state}. Choose another name.")
    if source is not None and Path(source).exists() and path.exists() and path.samefile(source):
        raise DataError(f"The predictions would overwrite {path}, which holds the texts.")


def write_predictions(path: str | Path, given: InputTexts, added: Mapping[str, Sequence]) -> None:
    """Writes the columns of the table and the added ones; a taken name gets a number.

    Args:
        path: file that ends in .csv, .tsv, .jsonl or .parquet.
        given: the texts, and the table that they came from.
        added: column name to values, one for each text.
    """
    columns = dict(given.columns) or {TEXT: given.texts}
    for name, values in added.items():
        own, number = name, 2
        while own in columns:
            own, number = f"{name}_{number}", number + 1
        columns[own] = list(values)
    write_whole(path, lambda file: _WRITERS[Path(path).suffix.lower()](file, columns))


def prediction_columns(predictions: Sequence) -> dict[str, list]:
    """Makes the columns for a list of `search_result.Prediction`."""
    added = {ANSWER: [each.label for each in predictions]}
    if any(each.labels for each in predictions):
        added[ANSWER] = _lists(predictions, [each.labels for each in predictions])
    if any(each.probability is not None for each in predictions):
        added[PROBABILITY] = [each.probability for each in predictions]
    for step in range(max((len(each.values) for each in predictions), default=0)):
        added[f"step_{step + 1}"] = [each.values[step] for each in predictions]
    for step in range(max((len(each.quantiles) for each in predictions), default=0)):
        for place, level in enumerate(predictions[0].levels):
            name = f"step_{step + 1}_q{level:g}"
            added[name] = [each.quantiles[step][place] for each in predictions]
    if any(each.set for each in predictions):
        added[SET] = _lists(predictions, [each.set for each in predictions])
    if any(each.interval is not None for each in predictions):
        for place, name in enumerate(ENDS):
            added[name] = [each.interval[place] for each in predictions]
    if any(each.known is not None for each in predictions):
        added[KNOWN] = [each.known for each in predictions]
    return added


def _lists(predictions: Sequence, lists: Sequence[Sequence[str]]) -> list[str]:
    """Joins names with commas; where a name has one itself, writes lists as JSON."""
    if any("," in name for name in predictions[0].probabilities):
        return [json.dumps(list(each), ensure_ascii=False) for each in lists]
    return [JOINED.join(each) for each in lists]


def _delimited(delimiter: str) -> Callable[[Path, Mapping], None]:
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
