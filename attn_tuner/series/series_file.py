"""Reads the series of one file that a model should answer, with a name for each."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.series.loaders.arrays import from_arrays
from attn_tuner.series.loaders.long_table import (
    ELAPSED,
    PARQUET,
    TEXT,
    read_frame,
    series_of_frame,
)
from attn_tuner.series.loaders.ts_file import from_ts
from attn_tuner.series.named_features import places_of
from attn_tuner.text.loaders.base import sentence_start
from attn_tuner.text.loaders.locations import file_name, is_url, local, read_bytes, suffix_of

SUFFIXES = (".ts", ".npy", *TEXT, *PARQUET)
ID, TIME = "id", "time"  # Columns of a table.
_WAYS = f"Give a file that ends in {', '.join(SUFFIXES)}."


@dataclass(frozen=True, eq=False)
class NamedSeries:
    """Series without labels.

    Args:
        series: list of `(steps, features)` float32; NaN where a value is missing.
        names: list of str, of each series: its id in a table, else its number from 1.
        notes: tuple of str, sentences on what is odd or was changed.
    """

    series: list[np.ndarray]
    names: list[str]
    notes: tuple[str, ...] = ()


def series_path(arguments: Sequence[str] | None, column: Sequence[str] | None) -> str:
    """Returns the one file that a command was given.

    Args:
        arguments: of the command, behind the run folder.
        column: of its option `--text`, which has no meaning for series.

    Raises:
        DataError: there is no file, or more; it does not exist, or is of no kind that is read.
    """
    if column:
        raise DataError("--text names a column of texts, and this search has series. Leave it out.")
    if not arguments or arguments[1:]:
        count = len(arguments or ())
        raise DataError(
            f"Series are read from one file, not from standard input; got {count} files. {_WAYS}"
        )
    [path] = arguments
    if suffix_of(path) not in SUFFIXES:
        raise DataError(f"{path} is no file of series. {_WAYS}")
    if not is_url(path) and not local(path).exists():
        raise DataError(f"The file {path} does not exist. {_WAYS}")
    return path


def read_series_file(path: str | Path, features: Sequence[str]) -> NamedSeries:
    """Reads series of a model; labels among them are passed over.

        .ts       one series a line, as of the UCR and UEA archives
        .npy      (series, steps, features), or (series, steps) of one feature; of several features
                  (steps, features) is one series
        a table   a row a step: `id` tells series apart, `time` their steps; the features by their
                  names, or all other columns. Without `id` it is one series

    Args:
        path: of the file or URL; a suffix .gz, .bz2 or .xz says that it is compressed.
        features: names of the features of the model.

    Raises:
        DataError: it ends in something else, or cannot be read as such a file.
    """
    suffix = suffix_of(path)
    if suffix == ".ts":
        found = from_ts(path)
        return NamedSeries(found.series, _numbers(found.series), found.notes)
    if suffix == ".npy":
        found = from_arrays(_array(path, len(features)))
        return NamedSeries(found.series, _numbers(found.series), found.notes)
    if suffix not in SUFFIXES:
        raise DataError(f"{file_name(path)} is no file of series. {_WAYS}")
    return read_series_table(path, features)


def read_series_table(source: Any, features: Sequence[str]) -> NamedSeries:
    """Reads the series of a table with a row a step, as `read_series_file` does.

    The feature "time_since_last_step" is computed of the times where it is no column.

    Args:
        source: as of `loaders.from_table`.
        features: names of the features of the model.

    Raises:
        DataError: it cannot be read, or has some of the features, but not all.
    """
    table = read_frame(source)
    name, frame, _ = table
    columns = [str(each) for each in frame.columns]
    by_id, by_time = (each if each in columns else None for each in (ID, TIME))
    elapsed = by_time is not None and ELAPSED in features and ELAPSED not in columns
    own = [each for each in features if not (elapsed and each == ELAPSED)]
    places = places_of(own, columns, sentence_start(name)) if own else []
    values = None if places is None else [frame.columns[place] for place in places]
    found = series_of_frame(table, by_id, by_time, values, group=by_id, elapsed=elapsed)
    return NamedSeries(found.series, found.groups or _numbers(found.series), found.notes)


def _array(path: str | Path, features: int) -> np.ndarray:
    """Returns the array of a .npy file, `(series, steps)` or `(series, steps, features)`."""
    name = file_name(path)
    try:
        found = np.load(io.BytesIO(read_bytes(path)), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DataError(
            f"{name} is no array of numbers that can be read: {error} Write it by "
            "numpy.save(path, array); series of unlike lengths with NaN behind the last step."
        ) from error
    return found[None] if found.ndim == 1 or (found.ndim == 2 and features > 1) else found


def _numbers(series: Sequence[np.ndarray]) -> list[str]:
    return [str(number) for number in range(1, len(series) + 1)]
