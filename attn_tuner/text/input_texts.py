"""Reads texts to be classified from strings, files, tables, arrays or data sets.

given = read_texts(frame, text="review")
given.texts       # list of str, in the order of the rows
given.columns     # all columns of the table, for a table of answers
"""

import itertools
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import clean_texts
from attn_tuner.text.column_choice import choose_text, joined_texts
from attn_tuner.text.loaders.base import ReadOptions, distinct_columns
from attn_tuner.text.loaders.files import read_lines, read_table
from attn_tuner.text.loaders.locations import exists, file_name, is_url, local, suffix_of

LINES_SUFFIX = ".txt"
MAX_TEXTS = 10_000_000  # A source with more is taken to be infinite.
_SUFFIXES = "csv|tsv|tab|jsonl|ndjson|json|parquet|txt|xlsx?|feather|arrow|pkl|npy|zip"
_PATH = re.compile(rf"\S+\.({_SUFFIXES})(\.(gz|bz2|xz|zip))?", re.IGNORECASE)
_WAYS = (
    "Give a text, a list of texts, a DataFrame or a table (.csv, .tsv, .jsonl, .parquet) with a "
    "column of texts, or a tf.data.Dataset of strings."
)


@dataclass(frozen=True)
class InputTexts:
    """Texts, and the table that they were read from.

    Args:
        texts: list of str.
        columns: mapping of column name to list of values, the texts included; empty if the source
            was no table.
    """

    texts: list[str]
    columns: Mapping[str, list] = field(default_factory=dict)


def read_texts(source: Any, text: Any = None, who: str = "predict()") -> InputTexts:
    """Reads the texts in `source`.

    Args:
        source: one text; a list, tuple, array or Series of texts; a DataFrame, a mapping of names
            to columns, or the path of a table, with one column of texts; the path of a `.txt` file
            with one text per line; a pair `(texts, labels)`, whose labels are ignored; or a
            `tf.data.Dataset`. A string is a path if that file exists or the string looks like a
            file name (`"reviews.csv"`).
        text: str, name of the column of texts, or a list of columns to join as in training;
            guessed if there is one obvious choice.
        who: str, name of the caller in messages.

    Raises:
        DataError: it is none of these, or holds something that is no text.
    """
    if isinstance(source, Path) or (isinstance(source, str) and is_file_path(source)):
        return _of_file(source, text)
    if isinstance(source, str | bytes):
        return InputTexts(_strings([source], who))
    if isinstance(source, Mapping):
        return _of_columns(_listed_columns(source, who), f"the mapping given to {who}", text)
    names = getattr(source, "column_names", None) or getattr(source, "columns", None)
    if names is not None and hasattr(source, "__getitem__"):
        return _of_frame(source, list(names), text, who)
    tensorflow = sys.modules.get("tensorflow")  # A dataset exists only once it is imported.
    if tensorflow is not None and isinstance(source, tensorflow.data.Dataset):
        return InputTexts(_of_tf_data(source, text, who))
    if _is_pair(source):
        source = source[0]
    return InputTexts(_strings(_listed(source, who), who))


def is_file_path(given: str) -> bool:
    """Checks whether a string is a file path rather than a text."""
    if len(given) > 4_096 or "\n" in given or "\0" in given:
        return False
    if _PATH.fullmatch(given):
        return True
    try:
        return bool(local(given).suffix) and exists(given)
    except OSError:  # For example, the name is too long.
        return False


def texts_or_file(arguments: list[str], text: str | list[str] | None = None) -> str | list[str]:
    """Turns arguments of a command into a `source` for `read_texts`: one file, or texts.

    Raises:
        DataError: there is a file among several, or a column is named although none is there.
    """
    files = [each for each in arguments if is_file_path(each)]
    if len(arguments) == 1 and files:
        return arguments[0]
    if files:
        raise DataError(
            f"{len(arguments)} arguments were given, and '{files[0]}' is a file. Give one file, or "
            "only texts. On standard input, each line is a text."
        )
    if text is not None:
        raise DataError(
            f"--text names the column '{text}', but the arguments are texts, not a table. Give the "
            "path of a table, or omit --text."
        )
    return arguments


def _of_file(source: str | Path, text: Any) -> InputTexts:
    if not is_url(source) and not local(source).exists():
        raise DataError(
            f"The file {source} does not exist. Give the path of a table of texts. To classify the "
            f"string '{source}' itself, pass it in a list or on standard input."
        )
    if suffix_of(source) == LINES_SUFFIX:
        return InputTexts(read_lines(source))
    columns = read_table(source, ReadOptions(text=text)).parts["train"]
    return _of_columns(dict(columns), file_name(source), text)


def _of_columns(columns: dict, where: str, text: Any) -> InputTexts:
    return InputTexts(clean_texts(joined_texts(where, columns, text), where), columns)


def _of_frame(frame: Any, names: Any, text: Any, who: str) -> InputTexts:
    where = f"the {type(frame).__name__} given to {who}"
    asked = text if isinstance(text, list) else [choose_text(where, names, text)]
    distinct_columns(where, [name for name in names if name in asked])
    columns = {each: _listed(frame[each], who) for each in names if names.count(each) == 1}
    return InputTexts(clean_texts(joined_texts(where, columns, asked), where), columns)


def _listed_columns(columns: Mapping, who: str) -> dict:
    """Converts a mapping of columns, or of single values, to lists of equal length by name."""
    alone = [name for name, values in columns.items() if _is_cell(values)]
    if alone and len(alone) < len(columns):
        raise DataError(
            f"In the mapping given to {who}, '{alone[0]}' is a single value, but others are lists. "
            "Give a list for each name."
        )
    listed = {name: [values] if alone else _listed(values, who) for name, values in columns.items()}
    lengths = {name: len(values) for name, values in listed.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {count}" for name, count in lengths.items())
        raise DataError(f"The columns of the mapping given to {who} differ in length: {shown}.")
    return listed


def _is_cell(value: Any) -> bool:
    return isinstance(value, str | bytes) or not isinstance(value, Iterable)


def _is_pair(source: Any) -> bool:
    """Checks for `(texts, labels)`, as `search` takes it."""
    return (
        isinstance(source, tuple)
        and len(source) == 2
        and not any(_is_cell(each) for each in source)
    )


def _listed(values: Any, who: str) -> list:
    """Returns the values as a list of plain Python objects."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    elif hasattr(values, "numpy") and not isinstance(values, np.ndarray):
        values = np.asarray(values.numpy())
    if isinstance(values, np.ndarray):
        if values.ndim > 1 and values.size != len(values):
            raise DataError(
                f"{who} takes one text a row; got an array of the shape {values.shape}. {_WAYS}"
            )
        return values.ravel().tolist()
    if not isinstance(values, Iterable):
        raise DataError(f"{who} takes texts; got {values!r}. {_WAYS}")
    found = list(itertools.islice(values, MAX_TEXTS + 1))
    if len(found) > MAX_TEXTS:
        raise _endless(who)
    return found


def _strings(values: Any, who: str) -> list[str]:
    for row, value in enumerate(values, start=1):
        if isinstance(value, str | bytes):
            continue
        if _is_cell(value):
            raise DataError(
                f"{who} takes texts; got {value!r} as number {row}. Convert it to a string first."
            )
        raise DataError(f"{who} takes texts; number {row} is a {type(value).__name__}. {_WAYS}")
    # `clean_texts` refuses texts that are all numbers, which are allowed here.
    return clean_texts([*values, "a text"], f"the texts given to {who}")[:-1]


def _of_tf_data(dataset: Any, text: Any, who: str) -> list[str]:
    import tensorflow as tf

    where = f"the tf.data.Dataset given to {who}"
    spec = dataset.element_spec
    if isinstance(spec, dict):
        name = choose_text(where, spec, text)
        dataset = dataset.map(lambda row: row[name])
    elif isinstance(spec, tuple) and spec:
        dataset = dataset.map(lambda first, *others: first)
    spec = dataset.element_spec
    if not isinstance(spec, tf.TensorSpec) or spec.dtype != tf.string:
        raise DataError(f"The elements of {where} are {spec}. They should be strings.")
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise DataError(f"{where} is infinite. Take a part of it: dataset.take(n).")
    found = []
    for element in dataset.as_numpy_iterator():
        found += np.ravel(element).tolist()
        if len(found) > MAX_TEXTS:
            raise _endless(where)
    return clean_texts([*found, "a text"], where)[:-1]


def _endless(where: str) -> DataError:
    return DataError(
        f"{where}: more than {MAX_TEXTS:,} texts. Pass them in parts, or take only as many as you "
        "need."
    )
