"""Reads a teacher's answers from a table: a column of texts, and a column for each class."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attn_tuner.distilling.teacher import probabilities
from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import clean_texts, is_missing_label
from attn_tuner.text.column_choice import joined_texts
from attn_tuner.text.label_spellings import as_classes
from attn_tuner.text.loaders.base import ReadOptions, Table, open_source
from attn_tuner.text.loaders.files import read_table
from attn_tuner.text.loaders.sequences import to_list


@dataclass(frozen=True, eq=False)
class TeacherTable:
    """Texts with a teacher's answers.

    Args:
        texts: the texts, each once.
        answers: `(texts, classes)` float32, the probabilities, each row with the sum 1.
    """

    texts: tuple[str, ...]
    answers: np.ndarray

    @classmethod
    def read(cls, source: Any, classes: Sequence[str], text: Any = None) -> "TeacherTable":
        """Reads a table with a column of texts and a column of probabilities for each class.

        Columns of classes are found by their names, so their order does not matter, and rows by
        their texts. Of a text that stands there several times the last row counts.

        Args:
            source: path of a table, or a DataFrame.
            classes: names of the classes.
            text: str, column of the texts, or a list of columns to join; guessed if not given, or
                if the table lacks it.

        Raises:
            DataError: it is no such table, or its numbers are no probabilities.
        """
        name, columns = _columns(source)
        named = [each for each in columns if not is_missing_label(each)]
        by_class = dict(zip(as_classes(map(str, named), classes, name), named, strict=True))
        if lacking := [each for each in classes if each not in by_class]:
            raise DataError(
                f"{name} has no column '{lacking[0]}'. It should have a column of texts, and a "
                f"column of probabilities for each of the {len(classes)} classes, named like them."
            )
        numbers = [by_class[each] for each in classes]
        others = {each: columns[each] for each in columns if each not in numbers}
        if not others:
            raise DataError(f"{name} has no column of texts beside the {len(classes)} classes.")
        wanted = text if isinstance(text, list) else [text]
        texts = joined_texts(name, others, text if set(wanted) <= set(others) else None)
        texts = clean_texts(texts, name)
        found = _numbers(name, {each: columns[each] for each in numbers})
        last = {each: row for row, each in enumerate(texts)}
        answers = probabilities(found, len(texts), len(classes))
        return cls(tuple(last), answers[list(last.values())])


def _columns(source: Any) -> tuple[str, Mapping[Any, Sequence]]:
    if isinstance(source, str | os.PathLike):
        table = read_table(str(source), ReadOptions())
    else:
        table = open_source(source, ReadOptions())
        if not isinstance(table, Table):
            raise DataError(f"teacher is a {type(source).__name__}, and no table of columns.")
    return table.name, table.parts["train"]


def _numbers(name: str, columns: Mapping[Any, Sequence]) -> np.ndarray:
    """Returns the columns as numbers, `(rows, columns)` float64."""
    try:
        found = [np.asarray(to_list(each, name), "float64") for each in columns.values()]
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: the columns of the classes hold no numbers ({error}).") from None
    return np.stack(found, axis=1)
