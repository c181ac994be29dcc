"""Further texts without labels, which word vectors and pretraining learn from."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import clean_texts
from attn_tuner.text.loaders.base import choose_text
from attn_tuner.text.loaders.files import read_lines, read_table
from attn_tuner.text.loaders.sequences import listed

LINES = ".txt"


def read_unlabelled(source, text=None) -> list[str]:
    """The texts of a source that has no labels, or whose labels do not matter.

    Args:
        source: strings in any sequence; a file with a text in each line, `.txt`; a table, `.csv`,
            `.tsv`, `.jsonl` or `.parquet`; or a DataFrame.
        text: column of the texts; guessed where obvious, or where there is one only.

    Raises:
        DataError: it is none of these, or cannot be read; says what would do.
    """
    if isinstance(source, str | Path):
        where, values = Path(source).name, _of_file(Path(source), text)
    elif isinstance(source, Mapping):
        where = "the unlabelled dict"
        values = listed(source[choose_text(where, source, text)], "the texts")
    elif isinstance(source, bytes):
        raise DataError("unlabelled is bytes. Give a list of texts, or the path of a file.")
    elif hasattr(source, "columns"):
        where = "the unlabelled DataFrame"
        values = source[choose_text(where, source.columns, text)].tolist()
    elif isinstance(source, Iterable):
        where, values = "unlabelled", listed(source, "unlabelled")
    else:
        raise DataError(
            f"unlabelled is a {type(source).__name__}. Give a list of texts, a DataFrame, or a "
            "file: .txt with a text in each line, .csv, .tsv, .jsonl or .parquet."
        )
    return clean_texts(values, where)


def apart(texts: Iterable[str], parts) -> tuple[list[str], int]:
    """The texts without those that models are chosen by or tested on, and how many went.

    Args:
        texts: without labels.
        parts: of `Split`, whose texts must not be learnt from.
    """
    forbidden = {text for part in parts for text in part.texts}
    texts = list(texts)
    kept = [text for text in texts if text not in forbidden]
    return kept, len(texts) - len(kept)


def _of_file(path, text):
    if path.suffix.lower() == LINES:
        return [line for line in read_lines(path) if line.strip()]
    columns, rows = read_table(path)
    at = columns.index(choose_text(path.name, columns, text))
    return [row[at] for row in rows]
