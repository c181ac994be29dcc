"""Reads columns beside texts: out of a table for a search, and out of what a model is given."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.inputs.other_settings import refuse_settings
from attn_tuner.registry import unknown
from attn_tuner.storage.layout import VALIDATION_TEXTS
from attn_tuner.storage.plan import refuse_faithful
from attn_tuner.storage.validation_data import kept_rows
from attn_tuner.text.cleaning import clean_texts
from attn_tuner.text.columns.cells import TEXT, rows_of
from attn_tuner.text.columns.encoder import ColumnEncoder
from attn_tuner.text.dataset import Split
from attn_tuner.text.input_texts import read_texts
from attn_tuner.text.nested_columns import all_names, is_known, values_of
from attn_tuner.text.token_store import TokenStore

# Settings that a search over texts with columns does not have, and what to do.
_NOT_YET = {
    "word_index": "Give the texts as strings.",
    "hypermodel": "Leave it out: our model joins the columns to the text.",
    "max_size_mb": "Limit the size with max_parameters; a weight has 4 bytes.",
    "faithful": "Leave it out.",
    "pretrain": "Leave it out.",
    "teacher": "Leave it out.",
}
_GIVE = (
    "Give a DataFrame, a mapping of columns, a list of dictionaries, or the path of a table with "
    "these columns."
)


def check_settings(options: Mapping, defaults: Mapping) -> None:
    """Refuses settings that do not work with columns beside the texts.

    Args:
        options: every setting, checked.
        defaults: the default of each.

    Raises:
        DataError: one of them was given.
    """
    refuse_settings(options, defaults, _NOT_YET, "does not work with features= yet.")
    measured = "Faithfulness is measured on texts alone, and this search has columns beside them."
    refuse_faithful(options["objective"], measured)


def learn_columns(name: str, parts: Mapping[str, Split]) -> ColumnEncoder:
    """Learns the columns of the training part, and checks that the others can be read.

    Args:
        name: str, of the data in messages.
        parts: by role, each with columns.

    Raises:
        DataError: as of `ColumnEncoder.fit` and `ColumnEncoder.read`.
    """
    rows = {role: part.columns or [] for role, part in parts.items()}
    encoder = ColumnEncoder.fit(rows["train"], list(rows["train"][0]), f"{name} (train)")
    for role, own in rows.items():
        encoder.read(own, f"{name} ({role})")
    return encoder


def read_rows(
    given: Any, encoder: ColumnEncoder, text: Any, who: str, trained: Sequence[str]
) -> list[dict[str, Any]]:
    """Reads texts with the columns beside them, as `text.input_texts.read_texts` reads texts.

    Args:
        given: a DataFrame, a mapping of columns, one row or a list of rows as dictionaries, or the
            path of a table.
        encoder: of the columns of the model.
        text, who, trained: as of `read_texts`.

    Returns:
        A dictionary for each row: "text", and the value of each column.

    Raises:
        DataError: it has no columns, lacks one, or holds a value that cannot be read.
    """
    if text is None and (rows := _whole_rows(given, encoder)):
        texts = clean_texts([*(row[TEXT] for row in rows), "a text"], f"the rows given to {who}")
        return _encoded(texts[:-1], rows, encoder, who)
    if isinstance(given, list) and given and all(isinstance(row, Mapping) for row in given):
        given = _columns_of(given, encoder, who)
    if isinstance(given, list | tuple) and not len(given):
        return []
    own = isinstance(given, Mapping) and TEXT in given and not any(n in given for n in trained)
    read = read_texts(given, TEXT if text is None and own else text, who, trained)
    listed = ", ".join(f"'{each}'" for each in encoder.names)
    if not read.columns:
        raise DataError(
            f"{who} was given texts alone, and the model reads the columns {listed} beside each. "
            f"{_GIVE}"
        )
    for name in encoder.names:
        if not is_known(read.columns, name):
            said = unknown(f"column given to {who}", name, all_names(read.columns))
            raise DataError(f"{said} The model reads the columns {listed} beside the text.")
    beside = rows_of({name: values_of(read.columns, name) for name in encoder.names})
    return _encoded(read.texts, beside, encoder, who)


def _whole_rows(given: Any, encoder: ColumnEncoder) -> list[Mapping]:
    """Returns one row or several that have what `read_rows` returns, and nothing else; else []."""
    rows = [given] if isinstance(given, Mapping) and isinstance(given.get(TEXT), str) else given
    keys = {TEXT, *encoder.names}
    whole = isinstance(rows, list) and all(
        isinstance(row, Mapping) and row.keys() == keys and isinstance(row[TEXT], str)
        for row in rows
    )
    return rows if whole else []


def _encoded(
    texts: Sequence[str], beside: Sequence[Mapping], encoder: ColumnEncoder, who: str
) -> list[dict[str, Any]]:
    """Returns texts with the columns beside them as rows, checked."""
    encoder.read(beside, f"what {who} was given")
    return [{TEXT: each, **row} for each, row in zip(texts, encoder.plain(beside), strict=True)]


def held_out(directory: str | Path, count: int) -> tuple[list[dict], np.ndarray]:
    """Returns the first validation rows of a run with their labels, to compare an export on.

    Args:
        directory: path of the folder of the validation part.
        count: int, rows at most; the run keeps the first 2,000.
    """

    def read(row: dict) -> dict[str, Any]:
        return {TEXT: str(row["text"]), **row["columns"]}

    found = kept_rows(Path(directory).parent / VALIDATION_TEXTS, read, count)
    return found, np.asarray(TokenStore.open(directory).labels[: len(found)])


def _columns_of(rows: list[Mapping], encoder: ColumnEncoder, who: str) -> dict[str, list]:
    """Returns rows as columns."""
    for number, row in enumerate(rows, 1):
        missing = next((each for each in rows[0] if each not in row), None)
        missing = missing or next((each for each in encoder.names if each not in row), None)
        if missing is not None:
            raise DataError(
                f"Row {number} given to {who} has no '{missing}'. A row is a dictionary of the "
                f"text and {', '.join(map(repr, encoder.names))}."
            )
    return {name: [row[name] for row in rows] for name in rows[0]}
