"""Reads texts to be classified from strings, files, tables, arrays or data sets.

given = read_texts(frame, text="review")
given.texts       # list of str, in the order of the rows
given.columns     # all columns of the table, for a table of answers
"""

import itertools
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import clean_texts
from attn_tuner.text.column_choice import choose_text, joined_texts
from attn_tuner.text.column_reading import join_texts
from attn_tuner.text.loaders.base import ReadOptions, distinct_columns, sentence_start
from attn_tuner.text.loaders.files import read_lines, read_table
from attn_tuner.text.loaders.locations import exists, file_name, is_url, local, suffix_of
from attn_tuner.text.nested_columns import all_names, is_known

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


def read_texts(
    source: Any, text: Any = None, who: str = "predict()", trained: Sequence[str] = ()
) -> InputTexts:
    """Reads the texts in `source`.

    Args:
        source: one text; a list, tuple, array or Series of texts; a DataFrame, a mapping of names
            to columns, or the path of a table, with one column of texts; the path of a `.txt` file
            with one text per line; a pair `(texts, labels)`, whose labels are ignored; or a
            `tf.data.Dataset`. A string is a path if that file exists or the string looks like a
            file name (`"reviews.csv"`).
        text: str, name of the column of texts, or a list of columns to join as in training. If not
            given, `trained` or else the one obvious choice.
        who: str, name of the caller in messages.
        trained: columns of text that the search was given by name. Several have to be in a table
            that `text` names no column of; a single one is used if it is there.

    Raises:
        DataError: it is none of these, or holds something that is no text.
    """
    if isinstance(source, Path) or (isinstance(source, str) and is_file_path(source)):
        return _of_file(source, text, trained)
    if isinstance(source, str | bytes):
        return InputTexts(_strings([source], who))
    if isinstance(source, Mapping):
        where = f"the mapping given to {who}"
        return _of_columns(_listed_columns(source, who), where, text, trained)
    names = getattr(source, "column_names", None) or getattr(source, "columns", None)
    if names is not None and hasattr(source, "__getitem__"):
        return _of_frame(source, list(names), text, who, trained)
    tensorflow = sys.modules.get("tensorflow")  # A dataset exists only once it is imported.
    if tensorflow is not None and isinstance(source, tensorflow.data.Dataset):
        return InputTexts(_of_tf_data(source, text, who, trained))
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


def _of_file(source: str | Path, text: Any, trained: Sequence[str]) -> InputTexts:
    if not is_url(source) and not local(source).exists():
        raise DataError(
            f"The file {source} does not exist. Give the path of a table of texts. To classify the "
            f"string '{source}' itself, pass it in a list or on standard input."
        )
    if suffix_of(source) == LINES_SUFFIX:
        return InputTexts(read_lines(source))
    options = ReadOptions(text=list(trained) if text is None and trained else text)
    columns = read_table(source, options).parts["train"]
    return _of_columns(dict(columns), file_name(source), text, trained)


def _of_columns(columns: dict, where: str, text: Any, trained: Sequence[str]) -> InputTexts:
    text = _asked(where, columns, text, trained)
    return InputTexts(clean_texts(joined_texts(where, columns, text), where), columns)


def _of_frame(frame: Any, names: Any, text: Any, who: str, trained: Sequence[str]) -> InputTexts:
    where = f"the {type(frame).__name__} given to {who}"
    columns = {each: _listed(frame[each], who) for each in names if names.count(each) == 1}
    asked = _asked(where, dict.fromkeys(names, ()) | columns, text, trained)
    asked = asked if isinstance(asked, list) else [choose_text(where, names, asked)]
    distinct_columns(where, [name for name in names if name in asked])
    return InputTexts(clean_texts(joined_texts(where, columns, asked), where), columns)


def _asked(where: str, columns: Mapping, text: Any, trained: Sequence[str]) -> Any:
    """Returns the columns to read: those asked for, else those of the search, else None.

    Raises:
        DataError: the search joined several columns, and one is not there.
    """
    missing = [each for each in trained if not is_known(columns, each)]
    if text is not None or not trained or (missing and len(trained) == 1):
        return text  # A single column may have another name here.
    if missing:
        raise DataError(
            f"{sentence_start(where)} has no column '{missing[0]}'. The model was trained on the "
            f"columns {', '.join(map(repr, trained))}, joined. Name the columns to join here with "
            f"text=. Its columns: {', '.join(map(str, all_names(columns)))}."
        )
    return list(trained)


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


def _of_tf_data(dataset: Any, text: Any, who: str, trained: Sequence[str]) -> list[str]:
    import tensorflow as tf

    where = f"the tf.data.Dataset given to {who}"
    spec, names = dataset.element_spec, [None]
    if isinstance(spec, dict):
        asked = _asked(where, spec, text, trained)
        names = asked if isinstance(asked, list) else [choose_text(where, spec, asked)]
        dataset = dataset.map(lambda row: tf.stack([row[each] for each in names], axis=-1))
    elif isinstance(spec, tuple) and spec:
        dataset = dataset.map(lambda first, *others: first)
    spec = dataset.element_spec
    if not isinstance(spec, tf.TensorSpec) or spec.dtype != tf.string:
        raise DataError(f"The elements of {where} are {spec}. They should be strings.")
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise DataError(f"{where} is infinite. Take a part of it: dataset.take(n).")
    found = []
    for element in dataset.as_numpy_iterator():
        found += join_texts(np.reshape(element, (-1, len(names))).T.tolist())
        if len(found) > MAX_TEXTS:
            raise _endless(where)
    return clean_texts([*found, "a text"], where)[:-1]


def _endless(where: str) -> DataError:
    return DataError(
        f"{where}: more than {MAX_TEXTS:,} texts. Pass them in parts, or take only as many as you "
        "need."
    )
