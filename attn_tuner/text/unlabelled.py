"""Reads texts without labels, for word vectors and pretraining."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import clean_texts
from attn_tuner.text.column_choice import joined_texts
from attn_tuner.text.dataset import Split
from attn_tuner.text.loaders.base import ReadOptions, Table, open_source
from attn_tuner.text.loaders.files import read_lines, read_table
from attn_tuner.text.loaders.locations import file_name, suffix_of
from attn_tuner.text.loaders.sequences import to_list

LINES_SUFFIX = ".txt"


def read_unlabelled(source: Any, text: Any = None, encoding: str | None = None) -> list[str]:
    """Reads the texts of a source; labels are ignored.

    Args:
        source: sequence of str; path or URL of a `.txt` file with one text per line, or of a table
            of any format that `load` reads; DataFrame; or dict of columns.
        text: str, column of the texts, or a list of columns to join; guessed if there is one
            obvious or only one choice.
        encoding: str, encoding of a text file; recognised if None.

    Raises:
        DataError: it is none of these, or cannot be read; says what would do.
    """
    if isinstance(source, str | Path):
        where, values = file_name(source), _of_file(source, text, encoding)
    elif isinstance(source, Mapping):
        where = "the unlabelled dict"
        columns = {name: to_list(values, f"column '{name}'") for name, values in source.items()}
        values = joined_texts(where, columns, text)
    elif isinstance(source, bytes):
        raise DataError("unlabelled is bytes. Give a list of texts, or the path of a file.")
    elif hasattr(source, "columns") or hasattr(source, "column_names"):
        where = "the unlabelled DataFrame"
        table = open_source(source, ReadOptions())
        if not isinstance(table, Table):
            raise DataError(f"{where} is no table. Give a list of texts.")
        values = joined_texts(where, table.parts["train"], text)
    elif isinstance(source, Iterable):
        where, values = "unlabelled", to_list(source, "unlabelled")
    else:
        raise DataError(
            f"unlabelled is a {type(source).__name__}. Give a list of texts, a DataFrame, or a "
            "file: .txt with one text per line, .csv, .tsv, .jsonl or .parquet."
        )
    return clean_texts(values, where)


def remove_held_out(texts: Iterable[str], parts: "Iterable[Split]") -> tuple[list[str], int]:
    """Removes the texts of validation and test parts; returns the rest and how many were removed.

    Args:
        texts: iterable of str, texts without labels.
        parts: iterable of `Split` whose texts no model may learn from.
    """
    forbidden = {text for part in parts for text in part.texts}
    texts = list(texts)
    kept = [text for text in texts if text not in forbidden]
    return kept, len(texts) - len(kept)


def _of_file(source: str | Path, text: Any, encoding: str | None):
    if suffix_of(source) == LINES_SUFFIX:
        return [line for line in read_lines(source, encoding) if line.strip()]
    table = read_table(source, ReadOptions(text=text, encoding=encoding))
    return joined_texts(table.name, table.parts["train"], text)
