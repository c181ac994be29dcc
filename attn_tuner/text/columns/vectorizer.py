"""Reads rows: texts to ids by a vocabulary, and the columns beside them to numbers."""

from collections.abc import Sequence
from typing import Any

from attn_tuner.text.columns.encoder import ColumnEncoder
from attn_tuner.text.vectorizer import Vectorizer


class RowVectorizer(Vectorizer):
    """A vocabulary of texts with what was learnt of the columns beside them.

    Args:
        vocabulary, split: as of `Vectorizer`.
        columns: `ColumnEncoder`, or its configuration.
    """

    columns: ColumnEncoder

    def __init__(self, vocabulary: Sequence[str], split: str = "word", *, columns: Any):
        super().__init__(vocabulary, split)
        own = isinstance(columns, ColumnEncoder)
        self.columns = columns if own else ColumnEncoder.from_config(columns)

    def get_config(self) -> dict:
        return {**super().get_config(), "columns": self.columns.get_config()}
