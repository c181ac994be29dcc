"""Reads texts without labels, for word vectors and pretraining."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import clean_texts
from attn_tuner.text.dataset import Split
from attn_tuner.text.loaders.base import choose_text
from attn_tuner.text.loaders.files import read_lines, read_table
from attn_tuner.text.loaders.sequences import to_list

LINES_SUFFIX = ".txt"


def read_unlabelled(source: Any, text: str | None = None) -> list[str]:
    """Reads the texts of a source; labels are ignored.

    Args:
        source: sequence of str; path of a `.txt` file with one text per line, or of a table
            (`.csv`, `.tsv`, `.jsonl`, `.parquet`); DataFrame; or dict of columns.
        text: str, column of the texts; guessed if there is one obvious or only one choice.

    Raises:
        DataError: it is none of these, or cannot be read; says what would do.
    """
    if isinstance(source, str | Path):
        where, values = Path(source).name, _of_file(Path(source), text)
    elif isinstance(source, Mapping):
        where = "the unlabelled dict"
        values = to_list(source[choose_text(where, source, text)], "the texts")
    elif isinstance(source, bytes):
        raise DataError("unlabelled is bytes. Give a list of texts, or the path of a file.")
    elif hasattr(source, "columns"):
        where = "the unlabelled DataFrame"
        values = source[choose_text(where, source.columns, text)].tolist()
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


def _of_file(path, text):
    if path.suffix.lower() == LINES_SUFFIX:
        return [line for line in read_lines(path) if line.strip()]
    columns, rows = read_table(path)
    at = columns.index(choose_text(path.name, columns, text))
    return [row[at] for row in rows]
